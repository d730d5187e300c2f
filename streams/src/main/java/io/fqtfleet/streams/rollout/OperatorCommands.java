package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;
import java.util.Collection;
import java.util.Comparator;

/** Obeys operators, or says why not; both are audited. */
final class OperatorCommands {
  /** Commands come with the round's evidence, which is a set; this makes it one order. */
  private static final Comparator<RolloutCommand> BY_TIME =
      Comparator.comparingLong(RolloutCommand::getGivenAtMs)
          .thenComparing(RolloutCommand::getAction)
          .thenComparing(RolloutCommand::getAuthor)
          .thenComparing(RolloutCommand::getComment);

  private final RolloutStep step;
  private final RolloutDraft draft;
  private final String cohort;

  OperatorCommands(RolloutStep step, RolloutDraft draft, String cohort) {
    this.step = step;
    this.draft = draft;
    this.cohort = cohort;
  }

  void obey(Collection<RolloutCommand> commands) {
    commands.stream().sorted(BY_TIME).forEach(this::obey);
  }

  private void obey(RolloutCommand command) {
    String who = command.getAuthor();
    String refusal = refusal(command);
    if (!refusal.isEmpty()) {
      String sentence = "%s by %s was refused: %s.";
      draft.audit(draft.phase(), sentence.formatted(command.getAction(), who, refusal));
      return;
    }
    String why = command.getComment().isBlank() ? "" : " (" + command.getComment() + ")";
    switch (command.getAction()) {
      case PAUSE -> draft.move(RolloutPhase.PAUSED, who, who + " paused it" + why + ".");
      case RESUME -> resume(who, why);
      case APPROVE -> {
        draft.state.setApprovedStage(draft.state.getStage() + 1);
        draft.state.setStageRounds(0);
        draft.move(RolloutPhase.RESTING, who, who + " approved the next wave" + why + ".");
      }
      case ABORT -> {
        draft.withdrawal = Withdrawal.TERMS;
        String sentence = who + " aborted it" + why + ": the last good terms return to all.";
        draft.move(RolloutPhase.ABORTED, who, sentence);
      }
      default -> throw new IllegalStateException("refusal() lets no other action pass");
    }
  }

  private void resume(String who, String why) {
    if (draft.isActive()) {
      draft.watchAnew();
      draft.move(RolloutPhase.RUNNING, who, who + " resumed it" + why + "; it is watched anew.");
    } else {
      step.start(who);
    }
  }

  /** Why a command cannot be obeyed, with the remedy; empty = it can. */
  private String refusal(RolloutCommand command) {
    boolean active = draft.isActive();
    RolloutPhase phase = draft.state == null ? RolloutPhase.UNKNOWN : draft.state.getPhase();
    boolean again = phase == RolloutPhase.ROLLED_BACK || phase == RolloutPhase.ABORTED;
    if (!active && !(again && step.mayBeginAgain())) {
      return "no rollout of cohort %s runs; apply a policy with other terms and a rollout plan"
          .formatted(cohort);
    }
    if (!command.getRollout().isEmpty() && !command.getRollout().equals(draft.state.getId())) {
      return "it names rollout %s, but the last one is %s; name that one"
          .formatted(command.getRollout(), draft.state.getId());
    }
    String stands = "it is " + phase;
    return switch (command.getAction()) {
      case PAUSE -> active && phase != RolloutPhase.PAUSED ? "" : stands;
      case RESUME -> again || phase == RolloutPhase.PAUSED ? "" : stands + ", not PAUSED";
      case APPROVE -> phase == RolloutPhase.WAITING ? "" : stands + ", it waits for no approval";
      case ABORT -> active ? "" : stands;
      default -> "this program does not know the action; use PAUSE, RESUME, APPROVE or ABORT";
    };
  }
}
