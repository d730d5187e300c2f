package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.budget.BudgetRule.Recall;
import io.fqtfleet.streams.budget.QuietTime;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.rollout.Crowd;
import io.fqtfleet.streams.rollout.Participant;
import io.fqtfleet.streams.rollout.Participant.Obedience;
import io.fqtfleet.streams.rollout.PolicyTerms;
import io.fqtfleet.streams.rollout.RolloutStep;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** A cohort's rollout in one round: the cards as its participants, and its step as decisions. */
final class CohortRollout {
  private static final WireCodec<RolloutCommand> COMMANDS = WireCodec.of(RolloutCommand.class);

  /** Samples of the past that a device without errors is taken to have had one error in. */
  private static final double PRIOR_SAMPLES = 2;

  private final CohortRound round;
  private final CohortCard cohort;
  private final List<RolloutCommand> commands = new ArrayList<>();
  private Policy others;
  private boolean changed;

  /**
   * @param orders single-object encoded commands of this round
   */
  CohortRollout(CohortRound round, List<byte[]> orders) {
    this.round = round;
    this.cohort = round.cohort;
    orders.forEach(order -> commands.add(read(order)));
  }

  private static RolloutCommand read(byte[] bytes) {
    try {
      return COMMANDS.decode(bytes);
    } catch (WireException e) {
      throw new IllegalStateException("the desk has read this command once already", e);
    }
  }

  /** No device trains beyond quiet terms, so no trial says anything and no wave starts. */
  boolean isQuietTime() {
    return QuietTime.holds(round.policy, round.closed.endMs());
  }

  /** Whose terms hold for a device: the policy in force, or it with the last good terms. */
  Policy policyFor(DeviceCard card) {
    return card.exposed ? round.policy : others;
  }

  /** Where it stands, if that changed in this round; else null. */
  Rollout changed() {
    return changed ? cohort.rollout : null;
  }

  void step() {
    if (!isIdle()) {
      RolloutStep.Outcome outcome =
          RolloutStep.of(
              new RolloutStep.Round(
                  round.closed.cohort(),
                  round.closed.endMs(),
                  round.policy,
                  cohort.lastGood,
                  cohort.candidate,
                  cohort.rollout,
                  round.policy.getFrozen() || isQuietTime(),
                  cohort.alert != null),
              new Crowd(round.members.stream().map(this::participant).toList(), new OtherShards()),
              commands);
      take(outcome);
    }
    others =
        PolicyTerms.isVersion(cohort.lastGood, round.policy)
            ? round.policy
            : PolicyTerms.withTermsOf(round.policy, cohort.lastGood);
  }

  /** What the other shards know of it. */
  private final class OtherShards implements Crowd.Everyone {
    @Override
    public Longs sum(Longs own) {
      return round.exchange.sum(Summary.ROLLOUT, own);
    }

    @Override
    public SortedMap<String, Longs> union(SortedMap<String, Longs> own) {
      Named<Longs> names = new Named<>();
      own.forEach((device, hash) -> names.of(device, () -> hash));
      return round.exchange.sum(Summary.NEXT, names).all();
    }
  }

  /** The usual case: nothing runs, nothing new is wanted. */
  private boolean isIdle() {
    return cohort.lastGood != null
        && commands.isEmpty()
        && !RolloutStep.isActive(cohort.rollout)
        && (PolicyTerms.isVersion(cohort.lastGood, round.policy)
            || cohort.candidate != null && PolicyTerms.isVersion(cohort.candidate, round.policy));
  }

  private Participant participant(CohortRound.Member member) {
    DeviceCard card = member.card();
    DeviceRound heard = member.heard();
    Obedience obedience = Obeying.of(round, card);
    boolean frozen = round.policy.getFrozenDevices().contains(member.device());
    double rate =
        (card.lane.referenceErrors() + 1.0) / (card.lane.referenceSamples() + PRIOR_SAMPLES);
    return new Participant(
        member.device(),
        card.online,
        card.online && !frozen && card.standing != Standing.FAULT && obedience == Obedience.APPLIED,
        card.exposed,
        obedience,
        heard != null && heard.settled,
        heard == null ? 0 : heard.labelled,
        heard == null ? 0 : heard.errors(),
        card.usualError,
        rate * (1 - rate) / (card.lane.referenceSamples() + PRIOR_SAMPLES),
        card.lane.dispersion(round.settings));
  }

  private void take(RolloutStep.Outcome outcome) {
    if (outcome.started()) {
      round.members.forEach(m -> m.card().usualError = usualError(m.card()));
    }
    if (outcome.withdrawal() != Withdrawal.NONE) {
      round.members.forEach(m -> withdraw(m.card(), outcome));
    }
    for (String device : outcome.expose()) {
      DeviceCard card = round.cards.get(device);
      card.exposed = true;
      card.recall = Recall.NONE;
      card.rolloutSentence =
          "Rollout %s gives it the terms of version %d."
              .formatted(outcome.state().getId(), outcome.state().getPolicyVersion());
    }
    changed = outcome.state() != null && !outcome.state().equals(cohort.rollout);
    cohort.lastGood = outcome.lastGood();
    cohort.candidate = outcome.candidate();
    cohort.rollout = outcome.state();
    outcome.audits().forEach(this::decide);
    alert(outcome);
  }

  private static void withdraw(DeviceCard card, RolloutStep.Outcome outcome) {
    if (card.exposed && outcome.withdrawal() != Withdrawal.FORGET) {
      boolean weights = outcome.withdrawal() == Withdrawal.TERMS_AND_WEIGHTS;
      card.recall = weights ? Recall.TERMS_AND_WEIGHTS : Recall.TERMS;
      card.rolloutSentence = outcome.audits().get(outcome.audits().size() - 1).sentence();
    }
    card.exposed = false;
  }

  /** What it errs now, if an incident is open; else what its reference says. */
  private double usualError(DeviceCard card) {
    boolean calm = card.standing == Standing.STABLE || card.standing == Standing.WATCH;
    if (calm && card.lane.referenceSamples() > 0) {
      return card.lane.referenceError();
    }
    return card.recentSamples == 0 ? Double.NaN : card.recentErrors / card.recentSamples;
  }

  private void decide(RolloutStep.Audit audit) {
    round.decisions.add(
        Decision.newBuilder()
            .setCohort(round.closed.cohort())
            .setRound(round.closed.round())
            .setDecidedAtMs(round.closed.endMs())
            .setPolicyVersion(round.policy.getVersion())
            .setFrom(audit.from())
            .setTo(audit.to())
            .setReason(audit.rollback() ? ReasonCode.ROLLBACK : ReasonCode.POLICY_CHANGED)
            .setEvidence(audit.evidence())
            .setSentence(audit.sentence())
            .build());
  }

  /** One alert from a gate that failed, or cannot decide, to the next step that goes on. */
  private void alert(RolloutStep.Outcome outcome) {
    Rollout state = outcome.state();
    Condition open = cohort.conditions.get(AlertKind.ROLLOUT);
    AlertFeedback refutation = open == null ? null : round.marks.refutation(open.alert);
    if (refutation != null) {
      end(AlertMarks.endOf(refutation), RuleSentences.refuted(refutation, open.alert));
      return;
    }
    boolean byGate =
        state != null
            && state.getSteppedBy().equals(RolloutStep.CONTROLLER)
            && (state.getPhase() == RolloutPhase.ROLLED_BACK
                || state.getPhase() == RolloutPhase.PAUSED);
    if (byGate && open == null) {
      Alert alert =
          RuleAlerts.of(
                  round,
                  AlertKind.ROLLOUT,
                  AlertScope.COHORT,
                  round.closed.cohort(),
                  state.getStageSinceMs())
              .setAffectedDevices(state.getExposed())
              .setTopDevices(state.getCanaries())
              .setEvidence(outcome.audits().get(outcome.audits().size() - 1).evidence())
              .setAction(RuleSentences.rollout(state))
              .setSentence(state.getSentence())
              .build();
      Condition condition = new Condition();
      condition.sinceMs = state.getStageSinceMs();
      condition.alert = alert;
      cohort.conditions.put(AlertKind.ROLLOUT, condition);
      round.alerts.add(alert);
    } else if (!byGate && open != null) {
      end(AlertStatus.RESOLVED, state.getSentence());
    }
  }

  private void end(AlertStatus status, String sentence) {
    Condition open = cohort.conditions.remove(AlertKind.ROLLOUT);
    round.alerts.add(RuleAlerts.end(round, open.alert, status, sentence));
  }
}
