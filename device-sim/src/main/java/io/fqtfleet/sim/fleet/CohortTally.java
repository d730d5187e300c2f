package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.SimDevice.Judged;
import java.util.ArrayList;
import java.util.List;

/** Accuracy of one cohort's simulated devices over time, by seconds of the fleet's clock. */
public final class CohortTally {
  /** A week; later seconds count into the last one. */
  private static final int SECONDS_MAX = 7 * 86_400;

  private final List<long[]> seconds = new ArrayList<>();

  public synchronized void add(long fleetMs, Judged judged) {
    int second = (int) Math.min(SECONDS_MAX, fleetMs / 1000);
    while (seconds.size() <= second) {
      seconds.add(new long[2]);
    }
    long[] sums = seconds.get(second);
    sums[0] += judged.labelled();
    sums[1] += judged.correct();
  }

  /** Sums over the whole seconds that begin in [fromMs, untilMs). */
  public synchronized Judged between(long fromMs, long untilMs) {
    long labelled = 0;
    long correct = 0;
    int first = (int) Math.min(SECONDS_MAX, Math.max(0, (fromMs + 999) / 1000));
    for (int s = first; s < seconds.size() && s * 1000L < untilMs; s++) {
      labelled += seconds.get(s)[0];
      correct += seconds.get(s)[1];
    }
    return new Judged(labelled, correct);
  }
}
