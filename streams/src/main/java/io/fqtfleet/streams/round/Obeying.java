package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.streams.budget.BudgetRule;
import io.fqtfleet.streams.rollout.Participant.Obedience;

/** Desired against reported: does a device do what its last budget says? */
final class Obeying {
  /** Repetitions of a budget after which a device that ignores it is reported. */
  private static final int REPEATED = 2;

  /**
   * The same for a device whose answer says that it took the budget: its reports follow later, and
   * where everything has just been started much later.
   */
  private static final int REPEATED_ANSWERED = 4;

  private Obeying() {}

  /**
   * Worth an alert: it refused the budget twice, ignores it after {@link #REPEATED} repetitions
   * ({@link #REPEATED_ANSWERED} if it answered), went back to an older one and stays there, or
   * trains although it is told not to. Once raised, only a report that names the budget ends it.
   */
  static boolean isBroken(DeviceCard card, DeviceRound heard) {
    if (card.budget == null || card.appliedVersion < 0) {
      return false;
    }
    boolean behind = card.appliedVersion < card.budget.getVersion();
    Condition open = card.conditions.get(AlertKind.DISOBEDIENCE);
    if (open != null && open.alert != null) {
      return behind || card.refused || trainsFrozen(heard);
    }
    if (heard == null || heard.reports == 0) {
      return false;
    }
    boolean answered = card.reportedVersion >= card.budget.getVersion();
    int patience = answered ? REPEATED_ANSWERED : REPEATED;
    boolean again = card.reissues >= patience || card.reissues > 0 && card.reverted;
    return card.refused && card.reissues > 0 || behind && again || trainsFrozen(heard);
  }

  private static boolean trainsFrozen(DeviceRound heard) {
    return heard != null && heard.trainedFrozen;
  }

  /** What a person reads of it. */
  static String what(DeviceCard card, DeviceRound heard) {
    long wanted = card.budget.getVersion();
    if (card.refused) {
      return "refuses budget %d: %s".formatted(wanted, card.refusal);
    }
    if (trainsFrozen(heard)) {
      return "trains although budget %d forbids it".formatted(wanted);
    }
    return card.reverted
        ? "went back to budget %d although it is to follow %d"
            .formatted(card.appliedVersion, wanted)
        : "still follows budget %d, not %d, which was repeated %d times"
            .formatted(card.appliedVersion, wanted, card.reissues);
  }

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
            || card.appliedAtMs - card.budget.getIssuedAtMs()
                >= (long) BudgetRule.BEHIND_ROUNDS * round.closed.roundMs();
    return waited && card.appliedVersion >= 0 ? Obedience.FAILED : Obedience.PENDING;
  }
}
