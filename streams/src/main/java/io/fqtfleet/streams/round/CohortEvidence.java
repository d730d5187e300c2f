package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Discoveries;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What an alert of a cohort tells of its evidence. */
final class CohortEvidence {
  private CohortEvidence() {}

  /** Devices that their own evidence names in this round. */
  static int confirmed(CohortRound round) {
    Discoveries own = new Discoveries();
    for (DeviceCard card : round.cards.values()) {
      if (!card.isolated() && round.ready(card)) {
        own.add(round.evidence(card));
      }
    }
    return round
        .exchange
        .sum(Summary.CONFIRMED, own)
        .count(round.policy.getDriftSettings().getFalseDiscoveryRate(), round.closed.roundMs());
  }

  /** Signals with half of the evidence that a page needs, most first. */
  static List<String> signals(CohortRound round) {
    List<Signal> signals = new ArrayList<>(List.of(Signal.values()));
    signals.removeIf(s -> !(of(round, s) >= 0.5 * round.thresholds.logCohort()));
    signals.sort(Comparator.comparingDouble((Signal s) -> of(round, s)).reversed());
    return signals.stream().map(Signal::name).toList();
  }

  private static double of(CohortRound round, Signal signal) {
    SignalLane lane = round.cohort.signals.get(signal);
    if (signal == Signal.ERROR) {
      return round.cohort.lane.logEvidence();
    }
    return lane == null ? Double.NEGATIVE_INFINITY : lane.logEvidence();
  }
}
