package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Signal;

/**
 * Late reports against a cohort's alert: those of devices that had not reported the round that
 * raised it. Together with what was known then they may show that the cohort's error was within its
 * bound all the time.
 *
 * <p>Reports are looked at for as many rounds after the alert as the policy's grace is long, and
 * one more: what is later than that counts for the rounds in which it comes.
 */
final class LateReports {
  private final CohortRound round;
  private final CohortCard cohort;

  LateReports(CohortRound round) {
    this.round = round;
    this.cohort = round.cohort;
  }

  /** Notes what the alert rests on. */
  void open() {
    cohort.raisedErrors = cohort.recentErrors;
    cohort.raisedSamples = cohort.recentSamples;
  }

  /** Adds this round's late reports; true if the alert does not hold with them. */
  boolean refute() {
    long raisedMs = cohort.alert.getRaisedAtMs();
    long graceMs = round.policy.getDriftSettings().getGraceMs();
    long roundMs = round.closed.roundMs();
    boolean inTime = round.closed.endMs() <= raisedMs + graceMs + 2 * roundMs - 1;
    if (!inTime || cohort.lead != Signal.ERROR || cohort.sparse) {
      return false;
    }
    Longs own = new Longs(0, 0, 0);
    for (CohortRound.Member member : round.members) {
      DeviceRound heard = member.heard();
      boolean missed =
          heard != null
              && heard.labelled > 0
              && heard.sinceMs > 0
              && heard.sinceMs <= raisedMs - roundMs;
      if (missed && member.card().lane.ready(round.settings) && !member.card().isolated()) {
        own.add(0, heard.errors());
        own.add(1, heard.labelled);
        own.add(2, 1);
      }
    }
    Longs late = round.exchange.sum(Summary.LATE, own);
    cohort.raisedErrors += late.get(0);
    cohort.raisedSamples += late.get(1);
    return late.get(2) > 0 && cohort.raisedErrors <= cohort.baseUpper * cohort.raisedSamples;
  }
}
