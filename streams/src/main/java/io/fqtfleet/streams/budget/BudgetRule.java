package io.fqtfleet.streams.budget;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import java.util.Optional;

/** From a device's standing, what it has been told and what it reports, to its next budget. */
public final class BudgetRule {
  /** Severity is one of 0..LEVELS, so that noise does not send a budget every round. */
  public static final int LEVELS = 4;

  /** How far below a level's lower edge the severity must fall before the level does. */
  private static final double LEVEL_MARGIN = 0.05;

  /** Rounds a device may name an older budget before it is sent again; doubles each time. */
  public static final int BEHIND_ROUNDS = 3;

  static final int REISSUES_MAX = 6;

  private BudgetRule() {}

  /** Whether a rollout just took its new terms back from the device. */
  public enum Recall {
    NONE,
    TERMS,
    TERMS_AND_WEIGHTS
  }

  /**
   * What the rule looks at.
   *
   * @param from standing before this round
   * @param standing after it
   * @param level severity, 0..{@link #LEVELS}
   * @param last budget issued before, or null
   * @param reportedVersion highest version that the device has told of
   * @param appliedVersion version that the device's last report named; -1 = no report yet
   * @param appliedAtMs when that report came, event time
   * @param refused the device refused the last budget
   * @param resetPending the last reset of e_max is not known to have reached the device
   * @param reissues how often the last terms were sent again
   * @param recall by a rollout that failed or was aborted in this round
   * @param reserve refilled up to now; null = the policy bounds no energy
   * @param restorePending the last return to stored weights is not known to have reached the device
   * @param firstLayer to train in a drift, chosen by {@link LayerChoice}; -1 = as the terms say
   */
  public record Situation(
      String device,
      Standing from,
      Standing standing,
      int level,
      UpdateBudget last,
      long reportedVersion,
      long appliedVersion,
      long appliedAtMs,
      boolean refused,
      boolean resetPending,
      int reissues,
      Recall recall,
      boolean restorePending,
      EnergyReserve reserve,
      int firstLayer) {
    /** The first round in which it may train more. */
    boolean startsTraining() {
      return elevated(standing) && !elevated(from);
    }
  }

  /** A budget to issue, and whether it merely repeats the terms of the last one. */
  public record Issue(UpdateBudget budget, boolean repeats) {}

  /**
   * @param nowMs end of the round, event time
   * @param issuedAtMs what the device shall learn as wall time
   */
  public static Optional<Issue> decide(Situation s, Policy policy, long nowMs, long issuedAtMs) {
    boolean frozen = policy.getFrozen() || policy.getFrozenDevices().contains(s.device);
    boolean quiet = QuietTime.holds(policy, nowMs);
    BudgetTerms terms = frozen ? frozen(policy.getQuiet()) : terms(s, policy, quiet);
    if (s.reserve != null) {
      terms = s.reserve.allow(terms, policy.getEnergy(), s.last);
    }
    boolean expires = !frozen && !quiet && policy.getTimeToLiveS() > 0 && elevated(s.standing);
    int timeToLiveS = expires ? policy.getTimeToLiveS() : 0;
    UpdateBudget last = s.last;
    boolean changed =
        last == null
            || !last.getTerms().equals(terms)
            || last.getTimeToLiveS() != timeToLiveS
            || s.startsTraining() && !frozen
            || s.recall == Recall.TERMS_AND_WEIGHTS;
    boolean halfSpent = expires && !changed && halfSpent(last, issuedAtMs);
    boolean behind = !changed && behind(s, nowMs, policy.getRoundMs());
    if (!changed && !halfSpent && !behind) {
      return Optional.empty();
    }
    boolean repeats = !changed;
    UpdateBudget budget =
        UpdateBudget.newBuilder()
            .setDevice(s.device)
            .setVersion(Math.max(last == null ? 0 : last.getVersion(), s.reportedVersion) + 1)
            .setPolicyVersion(policy.getVersion())
            .setIssuedAtMs(issuedAtMs)
            .setTerms(terms)
            .setResetErrorMax(
                !frozen && elevated(s.standing) && (s.startsTraining() || s.resetPending))
            .setWeights(
                s.recall == Recall.TERMS_AND_WEIGHTS || s.restorePending
                    ? WeightsAction.LAST_GOOD
                    : WeightsAction.KEEP)
            .setTimeToLiveS(timeToLiveS)
            .setOnExpiry(policy.getOnExpiry())
            .setReason(repeats ? last.getReason() : reason(s, policy, frozen))
            .build();
    return Optional.of(new Issue(budget, repeats && !halfSpent));
  }

  private static boolean elevated(Standing standing) {
    return standing == Standing.DRIFT
        || standing == Standing.TRIAL
        || standing == Standing.RECOVERING;
  }

  private static boolean halfSpent(UpdateBudget last, long nowMs) {
    return nowMs - last.getIssuedAtMs() >= last.getTimeToLiveS() * 1000L / 2;
  }

  private static boolean behind(Situation s, long nowMs, int roundMs) {
    if (s.reissues >= REISSUES_MAX) {
      return false;
    }
    boolean notApplied = s.appliedVersion >= 0 && s.appliedVersion < s.last.getVersion();
    long patienceMs = (long) BEHIND_ROUNDS * roundMs << s.reissues;
    // A report that waited to be read was written before the device could know of the budget.
    return notApplied && s.appliedAtMs - s.last.getIssuedAtMs() >= patienceMs
        || s.refused && nowMs - s.last.getIssuedAtMs() >= patienceMs;
  }

  private static BudgetTerms terms(Situation s, Policy policy, boolean quiet) {
    if (quiet && elevated(s.standing)) {
      return policy.getQuiet();
    }
    return switch (s.standing) {
      case STABLE, WATCH -> policy.getQuiet();
      case DRIFT, RECOVERING -> drift(s, policy);
      case TRIAL -> policy.getTrial();
      case FAULT -> frozen(policy.getQuiet());
    };
  }

  private static BudgetTerms drift(Situation s, Policy policy) {
    BudgetTerms terms = scaled(policy.getQuiet(), policy.getDrift(), s.level);
    return s.firstLayer < 0 || !policy.getChooseLayers()
        ? terms
        : BudgetTerms.newBuilder(terms).setFirstTrainableLayer(s.firstLayer).build();
  }

  private static ReasonCode reason(Situation s, Policy policy, boolean frozen) {
    if (frozen) {
      return ReasonCode.OPERATOR_FREEZE;
    }
    if (s.last == null && !elevated(s.standing) && s.standing != Standing.FAULT) {
      return ReasonCode.INITIAL;
    }
    if (s.recall != Recall.NONE && s.from == s.standing) {
      return ReasonCode.ROLLBACK;
    }
    boolean otherPolicy = s.last != null && s.last.getPolicyVersion() != policy.getVersion();
    if (s.from == s.standing && otherPolicy) {
      return ReasonCode.POLICY_CHANGED;
    }
    return switch (s.standing) {
      case STABLE, WATCH ->
          elevated(s.from) || s.from == Standing.FAULT ? ReasonCode.RECOVERED : ReasonCode.STABLE;
      case DRIFT, RECOVERING -> ReasonCode.DOMAIN_DRIFT;
      case TRIAL -> ReasonCode.DEVICE_TRIAL;
      case FAULT -> ReasonCode.DEVICE_FAULT;
    };
  }

  /** Quiet terms with training off. */
  static BudgetTerms frozen(BudgetTerms quiet) {
    return BudgetTerms.newBuilder(quiet).setTraining(false).build();
  }

  /** Drift terms, with lambda between quiet's and drift's. */
  static BudgetTerms scaled(BudgetTerms quiet, BudgetTerms drift, int level) {
    return BudgetTerms.newBuilder(drift)
        .setLambdaMinPermille(
            between(quiet.getLambdaMinPermille(), drift.getLambdaMinPermille(), level))
        .setLambdaMaxPermille(
            between(quiet.getLambdaMaxPermille(), drift.getLambdaMaxPermille(), level))
        .build();
  }

  private static int between(int low, int high, int level) {
    return low + (high - low) * level / LEVELS;
  }

  /**
   * The level for a severity: the square root of it in steps, rounded up; at least 1.
   *
   * @param severity 0..1: how much of what could be lost is lost
   * @param held level until now; it falls only with a margin
   */
  public static int level(double severity, int held) {
    double root = Math.sqrt(Math.min(1, Math.max(0, severity)));
    int level = Math.max(1, (int) Math.ceil(root * LEVELS));
    if (level < held) {
      return Math.max(1, Math.min(held, (int) Math.ceil((root + LEVEL_MARGIN) * LEVELS)));
    }
    return level;
  }
}
