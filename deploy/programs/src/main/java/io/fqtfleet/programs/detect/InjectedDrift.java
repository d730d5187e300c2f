package io.fqtfleet.programs.detect;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Changes put into a real data set whose rows were shuffled, so that nothing else changes and their
 * place is known; the idea is that of "Drift detection evaluation" studies such as arXiv
 * 2606.07789, the sizes are our own. A naive Bayes classifier is tested on each row, then learns
 * it, and starts anew at each alarm.
 */
public final class InjectedDrift {
  /** Rows of a trial, or all of a smaller data set. */
  static final int ROWS = 6000;

  /** The change begins at a random row of these. */
  private static final int ONSET_MIN = 2000;

  private static final int ONSET_MAX = 3000;

  /** Rows after the onset in which an alarm is a hit. */
  private static final int WINDOW = 2500;

  /** Rows over which a gradual change mixes old and new. */
  private static final int RAMP = 1000;

  /** What changes. */
  public enum Change {
    /** Each class is called as the next one. */
    LABELS,
    /** Each feature holds what the next one held. */
    FEATURES
  }

  /**
   * What a detector did over all trials.
   *
   * @param hits changes with an alarm in their window
   * @param falseAlarms alarms elsewhere
   * @param repeats further alarms in the window
   * @param delay rows from the onset to the hit, mean; NaN without a hit
   */
  public record Score(int changes, int hits, int falseAlarms, int repeats, double delay) {
    /** Of episodes: repeats are neither right nor wrong. */
    public double f1() {
      return 2.0 * hits / (hits + falseAlarms + changes);
    }
  }

  private InjectedDrift() {}

  static DataStream trial(DataStream set, Change change, boolean gradual, long seed) {
    Random random = new Random(seed);
    List<Integer> order = new ArrayList<>();
    for (int row = 0; row < set.labels().length; row++) {
      order.add(row);
    }
    Collections.shuffle(order, random);
    int rows = Math.min(ROWS, order.size());
    if (rows < ONSET_MAX + WINDOW) {
      throw new IllegalArgumentException(
          "%s has %d rows; changes are put into data sets of %d rows or more"
              .formatted(set.name(), rows, ONSET_MAX + WINDOW));
    }
    int onset = ONSET_MIN + random.nextInt(ONSET_MAX - ONSET_MIN);
    float[][] features = new float[rows][];
    int[] labels = new int[rows];
    for (int row = 0; row < rows; row++) {
      features[row] = set.features()[order.get(row)];
      labels[row] = set.labels()[order.get(row)];
      double share = gradual ? (row - onset + 1.0) / RAMP : 1;
      if (row >= onset && random.nextDouble() < share) {
        if (change == Change.LABELS) {
          labels[row] = (labels[row] + 1) % set.classes();
        } else {
          features[row] = shifted(features[row]);
        }
      }
    }
    return new DataStream(set.name(), features, labels, set.classes(), List.of(onset));
  }

  private static float[] shifted(float[] x) {
    float[] next = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      next[i] = x[(i + 1) % x.length];
    }
    return next;
  }

  /** Both kinds of change, as many trials of each; seeds 1, 2, ... */
  public static Score score(DataStream set, Contender contender, boolean gradual, int trials) {
    int hits = 0;
    int wrong = 0;
    int repeats = 0;
    double delay = 0;
    for (Change change : Change.values()) {
      for (long seed = 1; seed <= trials; seed++) {
        DataStream stream = trial(set, change, gradual, seed);
        int onset = stream.changes().get(0);
        boolean found = false;
        for (int alarm : Prequential.detected(stream, contender).alarms()) {
          if (alarm < onset || alarm > onset + WINDOW) {
            wrong++;
          } else if (found) {
            repeats++;
          } else {
            found = true;
            hits++;
            delay += alarm - onset;
          }
        }
      }
    }
    return new Score(trials * Change.values().length, hits, wrong, repeats, delay / hits);
  }
}
