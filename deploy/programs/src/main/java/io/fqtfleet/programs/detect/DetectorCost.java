package io.fqtfleet.programs.detect;

import io.fqtfleet.streams.drift.Detector;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Random;

/**
 * What a detector costs: time per update on this machine, bytes of its state as it is stored.
 *
 * @param nanosPerValue one error at a time
 * @param nanosPerReport 32 labelled samples at a time
 */
public record DetectorCost(
    Contender contender, double nanosPerValue, double nanosPerReport, int stateBytes) {
  /** Detectors that take turns, so that their state is not always in the nearest cache. */
  private static final int DETECTORS = 1000;

  private static final int WARM_UP = 2_000_000;
  private static final int MEASURED = 4_000_000;
  private static final int SAMPLES = 32;

  /** Measures on one core for some seconds. */
  public static DetectorCost measure(Contender contender) throws IOException {
    int[] errors = new Random(1).ints(4096, 0, SAMPLES).map(i -> i < 6 ? i : 0).toArray();
    double[] values = new Random(2).doubles(4096).map(u -> u < 0.1 ? 1 : 0).toArray();
    double perValue = time(contender, (detector, i) -> detector.add(values[i & 4095]));
    double perReport =
        "stepd".equals(contender.plan().kind().label())
            ? Double.NaN
            : time(contender, (detector, i) -> detector.addCounts(errors[i & 4095], SAMPLES));
    Detector filled = contender.plan().newDetector();
    for (int i = 0; i < 10_000; i++) {
      filled.add(values[i & 4095]);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    filled.write(new DataOutputStream(bytes));
    return new DetectorCost(contender, perValue, perReport, bytes.size());
  }

  private interface Update {
    boolean apply(Detector detector, int i);
  }

  private static double time(Contender contender, Update update) {
    Detector[] detectors = new Detector[DETECTORS];
    for (int i = 0; i < DETECTORS; i++) {
      detectors[i] = contender.plan().newDetector();
    }
    long start = 0;
    int alarms = 0;
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      if (i == WARM_UP) {
        start = System.nanoTime();
      }
      alarms += update.apply(detectors[i % DETECTORS], i / DETECTORS + i) ? 1 : 0;
    }
    long nanos = System.nanoTime() - start;
    return alarms < 0 ? Double.NaN : (double) nanos / MEASURED;
  }
}
