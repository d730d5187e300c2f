package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.schemas.Topics;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * One step of a cohort's rollout, at the end of a round.
 *
 * <pre>
 *  changed terms      passed            pauseRounds over
 *  ──────────> RUNNING ──> RESTING ───────────────────────> RUNNING (next stage) ... ──> COMPLETE
 *               │   ^ └──> WAITING ── APPROVE, then as RESTING ──^       passed the last one
 *               │   └───── PAUSED  <── PAUSE, or a gate without evidence
 *               │          RESUME: the stage is watched anew (an ended one begins again)
 *               └ a gate fails ──> ROLLED_BACK     ABORT ──> ABORTED     next policy ──> SUPERSEDED
 * </pre>
 */
public final class RolloutStep {
  /** Who steps if no operator does. */
  public static final String CONTROLLER = "controller";

  static final EnumSet<RolloutPhase> ACTIVE =
      EnumSet.of(
          RolloutPhase.RUNNING, RolloutPhase.RESTING, RolloutPhase.WAITING, RolloutPhase.PAUSED);

  /**
   * What a step is made from.
   *
   * @param endMs end of the round
   * @param policy in force
   * @param lastGood whose terms hold outside of the rollout; null = the cohort is new
   * @param candidate what the last rollout rolls out, or null
   * @param state of the last rollout, or null; not changed
   * @param held nothing may move now: quiet hours, or the cohort is frozen
   * @param incident the cohort has an open incident
   */
  public record Round(
      String cohort,
      long endMs,
      Policy policy,
      Policy lastGood,
      Policy candidate,
      Rollout state,
      boolean held,
      boolean incident) {}

  /** One line of the audit. */
  public record Audit(
      String from, String to, boolean rollback, AlertEvidence evidence, String sentence) {}

  /** What becomes of those that had the new terms. */
  public enum Withdrawal {
    NONE,
    /** The last good terms are now the same: nothing to tell the devices. */
    FORGET,
    /** They return to the last good terms. */
    TERMS,
    /** And to the weights that they stored before. */
    TERMS_AND_WEIGHTS
  }

  /**
   * What follows.
   *
   * @param lastGood whose terms hold for all that are not exposed
   * @param expose devices of this shard that get the new terms now
   * @param started a rollout began: the usual error of every device is to be remembered
   */
  public record Outcome(
      Rollout state,
      Policy lastGood,
      Policy candidate,
      Withdrawal withdrawal,
      Set<String> expose,
      boolean started,
      List<Audit> audits) {}

  private final Round round;
  private final Policy policy;
  private Crowd crowd;
  private final RolloutDraft draft = new RolloutDraft();

  private RolloutStep(Round round, Crowd crowd) {
    this.round = round;
    this.policy = round.policy;
    this.crowd = crowd;
    draft.lastGood = round.lastGood;
    draft.candidate = round.candidate;
    draft.state = round.state == null ? null : Rollout.newBuilder(round.state);
  }

  public static Outcome of(Round round, Crowd crowd, Collection<RolloutCommand> commands) {
    return new RolloutStep(round, crowd).run(commands);
  }

  private Outcome run(Collection<RolloutCommand> commands) {
    adopt();
    new OperatorCommands(this, draft, round.cohort).obey(commands);
    if (draft.isActive()) {
      new StageControl(draft, round, crowd).progress();
    }
    Rollout state = draft.state == null ? null : draft.state.build();
    if (state != null && !state.equals(round.state)) {
      state = draft.state.setUpdatedAtMs(round.endMs).build();
    }
    return new Outcome(
        state,
        draft.lastGood,
        draft.candidate,
        draft.withdrawal,
        draft.expose,
        draft.started,
        draft.audits);
  }

  /** A rollout that has not ended. */
  public static boolean isActive(Rollout state) {
    return state != null && ACTIVE.contains(state.getPhase());
  }

  /** Looks whether the policy in force has other terms than the last good one. */
  private void adopt() {
    if (draft.lastGood == null) {
      draft.lastGood = PolicyTerms.kept(policy);
    }
    if (PolicyTerms.isVersion(draft.lastGood, policy)) {
      return;
    }
    boolean staged = policy.getRollout() != null && !PolicyTerms.same(draft.lastGood, policy);
    if (staged && draft.candidate != null && PolicyTerms.sameRollout(draft.candidate, policy)) {
      // A freeze or a silence, say: what is rolled out, or was refused, is what it was.
      draft.candidate = PolicyTerms.candidate(policy);
      draft.state.setPolicyCohort(policy.getCohort());
      draft.state.setPolicyVersion(policy.getVersion());
      return;
    }
    if (draft.isActive()) {
      draft.withdrawal = staged ? Withdrawal.TERMS : Withdrawal.FORGET;
      draft.move(
          RolloutPhase.SUPERSEDED,
          CONTROLLER,
          "Version %d of the policy came before rollout %s was complete."
              .formatted(policy.getVersion(), draft.state.getId()));
    }
    if (staged) {
      start(CONTROLLER);
    } else {
      draft.lastGood = PolicyTerms.kept(policy);
    }
  }

  /** A refused rollout may: its terms are still what the policy in force wants. */
  boolean mayBeginAgain() {
    return draft.candidate != null
        && PolicyTerms.sameRollout(draft.candidate, policy)
        && !PolicyTerms.same(draft.lastGood, policy);
  }

  void start(String by) {
    String from = draft.phase();
    RolloutPlan plan = policy.getRollout();
    draft.started = true;
    crowd = crowd.unexposed();
    draft.candidate = PolicyTerms.candidate(policy);
    boolean own = !policy.getCohort().equals(Topics.ANY_COHORT);
    draft.state =
        Rollout.newBuilder()
            .setCohort(round.cohort)
            .setId(round.cohort + (own ? "@" : "@*") + policy.getVersion())
            .setPolicyCohort(policy.getCohort())
            .setPolicyVersion(policy.getVersion())
            .setBasePolicyVersion(draft.lastGood.getVersion())
            .setPhase(RolloutPhase.RUNNING)
            .setStage(0)
            .setStages(Stages.count(plan, crowd.devices()))
            .setStartedAtMs(round.endMs)
            .setStageSinceMs(round.endMs)
            .setUpdatedAtMs(round.endMs)
            .setStageRounds(0)
            .setSoakedRounds(0)
            .setDevices(crowd.devices())
            .setTarget(Stages.target(plan, 0, crowd.devices()))
            .setExposed(0)
            .setApplied(0)
            .setPending(0)
            .setFailed(0)
            .setSamples(0)
            .setErrors(0)
            .setErrorsExpected(0)
            .setOtherSamples(0)
            .setOtherErrors(0)
            .setOtherErrorsExpected(0)
            .setCanaries(List.of())
            .setSteppedBy(by)
            .setSentence("");
    draft.say(
        from,
        "Rollout %s begins: version %d of the policy changes what devices may train; others keep"
                .formatted(draft.state.getId(), policy.getVersion())
            + " the terms of version %d.".formatted(draft.lastGood.getVersion()));
  }
}
