package io.fqtfleet.programs.detect;

import io.fqtfleet.streams.drift.Detector;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;

/**
 * MOA's streams of single errors, bit by bit: {@code java.util.Random(seed)}, one uniform number
 * per row, an error where it is at most p(t), t = row + 1 as MOA counts.
 *
 * <p>Of each change the first alarm until the level's end is a hit, every other alarm is false:
 * repeated alarms too, and alarms when errors become rarer.
 */
public final class BenchmarkStreams {
  /** Seeds 1..30, as published comparisons use. */
  public static final int SEEDS = 30;

  static final int ROWS = 10_000;
  private static final int LEVEL = 1000;
  private static final int RAMP_START = 2000;
  private static final double RAMP_PER_ROW = 0.001;
  private static final double LOW = 0.2;
  private static final double HIGH = 0.8;

  /** A change and the row at which its time for being found ends. */
  record Change(int row, int end) {}

  /**
   * What a detector did on streams with changes.
   *
   * @param delay rows from a change to its hit, mean; NaN without a hit
   */
  public record Score(Contender contender, int changes, int hits, int falseAlarms, double delay) {
    public double f1() {
      return 2.0 * hits / (hits + falseAlarms + changes);
    }
  }

  /** What a detector did on a stream without changes. */
  public record Quiet(Contender contender, long rows, int alarms) {
    public double falsePerTenThousand() {
      return 1e4 * alarms / rows;
    }

    /** Rows between false alarms; without an alarm the rows, as a lower bound. */
    public double rowsBetweenAlarms() {
      return (double) rows / Math.max(1, alarms);
    }
  }

  private BenchmarkStreams() {}

  /** AbruptChangeGenerator -p 2000: .2 and .8 by turns, 1000 rows each; five rises. */
  static double[] abrupt(long seed) {
    Random random = new Random(seed);
    double[] errors = new double[ROWS];
    for (int row = 0; row < ROWS; row++) {
      double p = (row + 1) % (2 * LEVEL) < LEVEL ? LOW : HIGH;
      errors[row] = random.nextDouble() <= p ? 1 : 0;
    }
    return errors;
  }

  /** GradualChangeGenerator -p 2000: .2, from t = 2000 on up by .001 per row to 1. */
  static double[] gradual(long seed) {
    Random random = new Random(seed);
    double[] errors = new double[ROWS];
    for (int row = 0; row < ROWS; row++) {
      int t = row + 1;
      double p = t < RAMP_START ? LOW : Math.min(1, LOW + (t - RAMP_START) * RAMP_PER_ROW);
      errors[row] = random.nextDouble() <= p ? 1 : 0;
    }
    return errors;
  }

  /** Five rises on each of the seeds 1.. */
  public static Score onAbrupt(Contender contender, int seeds) {
    Change[] changes = new Change[ROWS / (2 * LEVEL)];
    Arrays.setAll(
        changes, i -> new Change((2 * i + 1) * LEVEL - 1, Math.min(ROWS, (2 * i + 2) * LEVEL - 1)));
    return score(contender, seeds, BenchmarkStreams::abrupt, List.of(changes));
  }

  /** One ramp on each of the seeds 1.. */
  public static Score onGradual(Contender contender, int seeds) {
    List<Change> changes = List.of(new Change(RAMP_START - 1, ROWS));
    return score(contender, seeds, BenchmarkStreams::gradual, changes);
  }

  private static Score score(
      Contender contender, int seeds, LongFunction<double[]> stream, List<Change> changes) {
    int hits = 0;
    int falseAlarms = 0;
    double delay = 0;
    for (long seed = 1; seed <= seeds; seed++) {
      Detector detector = contender.plan().newDetector();
      double[] errors = stream.apply(seed);
      boolean[] found = new boolean[changes.size()];
      for (int row = 0; row < errors.length; row++) {
        if (detector.add(errors[row])) {
          int change = open(changes, found, row);
          if (change < 0) {
            falseAlarms++;
          } else {
            found[change] = true;
            hits++;
            delay += row - changes.get(change).row;
          }
        }
      }
    }
    return new Score(contender, seeds * changes.size(), hits, falseAlarms, delay / hits);
  }

  /** The change that an alarm at this row is the first for, or -1. */
  private static int open(List<Change> changes, boolean[] found, int row) {
    for (int i = 0; i < found.length; i++) {
      if (!found[i] && row >= changes.get(i).row && row < changes.get(i).end) {
        return i;
      }
    }
    return -1;
  }

  /** Errors with probability .2 for ever; every alarm is false. */
  public static Quiet onStationary(Contender contender, long rows, long seed) {
    Random random = new Random(seed);
    Detector detector = contender.plan().newDetector();
    int alarms = 0;
    for (long row = 0; row < rows; row++) {
      alarms += detector.add(random.nextDouble() <= LOW ? 1 : 0) ? 1 : 0;
    }
    return new Quiet(contender, rows, alarms);
  }
}
