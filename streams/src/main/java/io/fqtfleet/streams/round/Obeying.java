package io.fqtfleet.streams.round;

import io.fqtfleet.streams.budget.BudgetRule;
import io.fqtfleet.streams.rollout.Participant.Obedience;

/** Desired against reported: does a device do what its last budget says? */
final class Obeying {
  private Obeying() {}

  /** What its messages tell; a silent device is neither blamed nor praised anew. */
  static Obedience of(CohortRound round, DeviceCard card) {
    if (card.budget == null) {
      return Obedience.PENDING;
    }
    if (card.refused || card.reverted) {
      return Obedience.FAILED;
    }
    if (card.appliedVersion >= card.budget.getVersion()) {
      return Obedience.APPLIED;
    }
    boolean waited =
        card.reissues > 0
            || round.closed.endMs() - card.budget.getIssuedAtMs()
                >= (long) BudgetRule.BEHIND_ROUNDS * round.closed.roundMs();
    return waited && card.appliedVersion >= 0 ? Obedience.FAILED : Obedience.PENDING;
  }
}
