package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.RollbackRule;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutApproval;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;

/** Moves an active rollout: exposes, watches, passes or fails its stage. */
final class StageControl {
  /** A stage that was watched so many times its soakRounds is undecided no longer. */
  private static final int OVERDUE_FACTOR = 4;

  /** Rounds that applying may take on top of that. */
  private static final int APPLY_ROUNDS = 20;

  private static final int CANARIES_SHOWN = 10;

  private final RolloutDraft draft;
  private final Rollout.Builder state;
  private final Policy policy;
  private final RolloutPlan plan;
  private final long endMs;
  private final boolean held;
  private final boolean incident;
  private final Crowd crowd;
  private final Gate gate;

  StageControl(RolloutDraft draft, RolloutStep.Round round, Crowd crowd) {
    this.draft = draft;
    this.state = draft.state;
    this.policy = round.policy();
    this.plan = policy.getRollout();
    this.endMs = round.endMs();
    this.held = round.held();
    this.incident = round.incident();
    this.crowd = crowd;
    this.gate = new Gate(state, plan, crowd);
  }

  void progress() {
    state.setDevices(crowd.devices());
    state.setStages(Math.max(state.getStage() + 1, Stages.count(plan, crowd.devices())));
    state.setTarget(Stages.target(plan, state.getStage(), crowd.devices()));
    gate.count();
    draft.evidence = gate.evidence();
    if (held || state.getPhase() == RolloutPhase.PAUSED) {
      return;
    }
    gate.measure();
    draft.evidence = gate.evidence();
    // With nobody to compare with, an incident of the cohort would be taken for the rollout's
    // doing.
    boolean comparable = !incident || gate.hasOthers();
    if (gate.disobeyed() || comparable && gate.losesAccuracy()) {
      fail(gate.disobeyed() ? gate.obedience() : gate.accuracy());
      return;
    }
    state.setStageRounds(state.getStageRounds() + 1);
    switch (state.getPhase()) {
      case RUNNING -> run(comparable);
      case RESTING -> {
        if (state.getStageRounds() >= plan.getPauseRounds()) {
          startStage(state.getStage() + 1);
        }
      }
      default -> {
        // WAITING: an operator's turn.
      }
    }
  }

  private void run(boolean comparable) {
    boolean grew = topUp();
    if (!grew && gate.applied() && comparable) {
      state.setSoakedRounds(state.getSoakedRounds() + 1);
    }
    state.setSentence(watched());
    if (!grew && state.getSoakedRounds() >= plan.getSoakRounds() && gate.keepsAccuracy()) {
      pass();
    } else if (state.getStageRounds() >= OVERDUE_FACTOR * plan.getSoakRounds() + APPLY_ROUNDS) {
      overdue();
    }
  }

  private String watched() {
    return "%s is watched for %d of %d rounds: %s; %s."
        .formatted(
            stageName(state.getStage()),
            state.getSoakedRounds(),
            plan.getSoakRounds(),
            gate.obedience(),
            gate.accuracy());
  }

  /** Gives the new terms to more devices, up to the stage's target; true if there were any. */
  private boolean topUp() {
    int missing = state.getTarget() - state.getExposed();
    if (missing <= 0) {
      return false;
    }
    boolean last = Stages.isLast(plan, state.getStage(), crowd.devices());
    Crowd.Next next = crowd.next(state.getId(), last, missing, CANARIES_SHOWN);
    if (next.count() > 0 && state.getStage() == 0 && state.getCanaries().isEmpty()) {
      state.setCanaries(next.first());
      draft.say(
          state.getPhase().name(),
          "%d of %d devices are the canaries of rollout %s: %s."
              .formatted(
                  next.count(),
                  crowd.devices(),
                  state.getId(),
                  String.join(", ", state.getCanaries())));
    }
    draft.expose.addAll(next.here());
    state.setExposed(state.getExposed() + next.count());
    return next.count() > 0;
  }

  private void pass() {
    int next = state.getStage() + 1;
    String passed =
        "%s passed: %s; %s."
            .formatted(stageName(state.getStage()), gate.obedience(), gate.accuracy());
    if (Stages.isLast(plan, state.getStage(), crowd.devices())) {
      draft.lastGood = PolicyTerms.kept(policy);
      draft.withdrawal = Withdrawal.FORGET;
      draft.move(
          RolloutPhase.COMPLETE,
          RolloutStep.CONTROLLER,
          passed + " The terms of version " + policy.getVersion() + " are the good ones now.");
    } else if (needsApproval(next) && state.getApprovedStage() < next) {
      state.setStageRounds(0);
      draft.move(
          RolloutPhase.WAITING,
          RolloutStep.CONTROLLER,
          passed + " The next wave waits for approval.");
    } else if (plan.getPauseRounds() > 0) {
      state.setStageRounds(0);
      draft.move(
          RolloutPhase.RESTING,
          RolloutStep.CONTROLLER,
          passed + " The next wave starts in " + plan.getPauseRounds() + " rounds.");
    } else {
      state.setSentence(passed);
      startStage(next);
    }
  }

  private boolean needsApproval(int stage) {
    return plan.getApproval() == RolloutApproval.EACH_WAVE
        || plan.getApproval() == RolloutApproval.AFTER_CANARIES && stage == 1;
  }

  private void startStage(int stage) {
    String before = state.getSentence();
    state.setStage(stage);
    state.setStages(Math.max(stage + 1, state.getStages()));
    state.setStageSinceMs(endMs);
    state.setTarget(Stages.target(plan, stage, crowd.devices()));
    draft.watchAnew();
    topUp();
    String from = state.getPhase().name();
    state.setPhase(RolloutPhase.RUNNING);
    state.setSteppedBy(RolloutStep.CONTROLLER);
    state.setSentence(
        "%s begins with %d of %d devices. %s"
            .formatted(stageName(stage), state.getExposed(), crowd.devices(), before));
    draft.audit(from, state.getSentence());
  }

  /** The time is up: a loss that chance may explain still is one, missing evidence is none. */
  private void overdue() {
    boolean lost = state.getAccuracyLoss() != null && !gate.keepsAccuracy() && enough();
    if (lost) {
      fail(gate.accuracy());
    } else {
      draft.move(
          RolloutPhase.PAUSED,
          RolloutStep.CONTROLLER,
          "%s is undecided after %d rounds: %s; %s. Resume it to wait on, or abort it."
              .formatted(
                  stageName(state.getStage()),
                  state.getStageRounds(),
                  gate.obedience(),
                  gate.accuracy()));
    }
  }

  private boolean enough() {
    return state.getSamples() >= plan.getMinSamples();
  }

  private void fail(String why) {
    String failed = "%s failed: %s.".formatted(stageName(state.getStage()), why);
    RollbackRule rule = plan.getOnFailure();
    if (rule == RollbackRule.PAUSE) {
      draft.move(
          RolloutPhase.PAUSED,
          RolloutStep.CONTROLLER,
          failed + " Abort it, or resume it to watch it anew.");
      return;
    }
    boolean weights = rule == RollbackRule.ROLLBACK_WEIGHTS;
    draft.withdrawal = weights ? Withdrawal.TERMS_AND_WEIGHTS : Withdrawal.TERMS;
    draft.move(
        RolloutPhase.ROLLED_BACK,
        RolloutStep.CONTROLLER,
        "%s The terms of version %d%s return to %d devices."
            .formatted(
                failed,
                state.getBasePolicyVersion(),
                weights ? " and the stored weights" : "",
                state.getExposed()));
  }

  private String stageName(int stage) {
    return stage == 0
        ? "The canaries' stage of rollout " + state.getId()
        : "Wave %d of %d of rollout %s".formatted(stage, state.getStages() - 1, state.getId());
  }
}
