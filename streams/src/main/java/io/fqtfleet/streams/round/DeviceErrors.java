package io.fqtfleet.streams.round;

import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.Signal;

/** How much a device errs now, and how sure that is. */
final class DeviceErrors {
  /** The same during a trial, whose verdict needs more samples than two rounds have. */
  private static final double TRIAL_MEMORY = 0.9;

  /** Samples of the cohort's round that a device's own few are filled up with. */
  private static final double PRIOR_SAMPLES = 10;

  private final CohortRound round;

  DeviceErrors(CohortRound round) {
    this.round = round;
  }

  double memory(DeviceCard card) {
    return card.standing == Standing.TRIAL ? TRIAL_MEMORY : CohortRound.MEMORY;
  }

  /**
   * A device's error rate now: its latest rounds; of one in a cohort's incident filled up with the
   * cohort's round, which tells more of it than its few samples. NaN if nothing is known.
   */
  double current(DeviceCard card) {
    if (card.lead != Signal.ERROR) {
      return Level.of(card.recentResidual);
    }
    boolean filled =
        round.cohort.alert != null && !card.isolated() && !Double.isNaN(round.signals.current());
    double errors = card.recentErrors + (filled ? PRIOR_SAMPLES * round.signals.current() : 0);
    double samples = card.recentSamples + (filled ? PRIOR_SAMPLES : 0);
    return samples == 0 ? Double.NaN : errors / samples;
  }

  /** Standard error of a device's error rate now, as its reports are weighed. */
  double standardError(DeviceCard card, double now) {
    // Weights w, w·m, w·m², ... have (1 + m) times their sum as effective number.
    double samples = card.recentSamples * (1 + memory(card));
    double variance = now * (1 - now) * card.lane.dispersion(round.settings) / samples;
    return samples == 0 ? Double.POSITIVE_INFINITY : Math.sqrt(variance);
  }

  /** Its error rate in this round alone if that says enough, else over its latest rounds. */
  double fresh(String device, DeviceCard card) {
    DeviceRound heard = round.heard.get(device);
    return card.lead == Signal.ERROR && heard != null && heard.labelled >= PRIOR_SAMPLES
        ? (double) heard.errors() / heard.labelled
        : current(card);
  }

  /** True if the device reported what its incident is measured by in this round. */
  boolean hasNews(String device, DeviceCard card) {
    DeviceRound heard = round.heard.get(device);
    return heard != null
        && (card.lead == Signal.ERROR
            ? heard.labelled > 0
            : heard.residuals.containsKey(card.lead));
  }
}
