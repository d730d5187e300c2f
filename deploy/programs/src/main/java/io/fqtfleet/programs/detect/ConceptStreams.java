package io.fqtfleet.programs.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The SINE1, MIXED and CIRCLES streams of Pesaranghader and Viktor (2016, "Fast Hoeffding drift
 * detection method for evolving data streams"), rebuilt from their definitions: 100 000 rows, both
 * classes by turns, 10 % of the labels wrong, and changes that a sigmoid spreads over some rows.
 * They are not their files: random numbers are our own.
 */
enum ConceptStreams {
  /** y < sin x, and the reverse, every 20 000 rows, within 50. */
  SINE1(2, 20_000, 50, 250) {
    @Override
    boolean positive(int concept, float[] x) {
      return x[1] < Math.sin(x[0]) == (concept % 2 == 0);
    }
  },

  /** Two of: v, w, y < .5 + .3 sin 3πx; and the reverse, every 20 000 rows, within 50. */
  MIXED(4, 20_000, 50, 250) {
    @Override
    boolean positive(int concept, float[] x) {
      boolean below = x[3] < 0.5 + 0.3 * Math.sin(3 * Math.PI * x[2]);
      double count = x[0] + x[1] + (below ? 1 : 0);
      return count >= 2 == (concept % 2 == 0);
    }
  },

  /** Inside of a circle that moves and grows every 25 000 rows, within 500. */
  CIRCLES(2, 25_000, 500, 1000) {
    @Override
    boolean positive(int concept, float[] x) {
      double centre = 0.2 + 0.2 * concept;
      double radius = 0.15 + 0.05 * concept;
      return Math.hypot(x[0] - centre, x[1] - 0.5) <= radius;
    }
  };

  static final int ROWS = 100_000;
  private static final double WRONG = 0.1;
  private static final int BOOLEANS = 2;

  private final int features;
  private final int period;
  private final int width;
  private final int window;

  /**
   * @param period rows of a concept
   * @param width rows of a change
   * @param window rows after a change's middle in which an alarm is a hit
   */
  ConceptStreams(int features, int period, int width, int window) {
    this.features = features;
    this.period = period;
    this.width = width;
    this.window = window;
  }

  abstract boolean positive(int concept, float[] x);

  /**
   * What a detector did.
   *
   * @param delay rows from a change to its hit, mean
   */
  record Score(int changes, int hits, int falseAlarms, double delay, double accuracy) {
    double f1() {
      return 2.0 * hits / (hits + falseAlarms + changes);
    }
  }

  DataStream stream(long seed) {
    Random random = new Random(seed);
    float[][] rows = new float[ROWS][features];
    int[] labels = new int[ROWS];
    List<Integer> changes = new ArrayList<>();
    for (int change = period; change < ROWS; change += period) {
      changes.add(change);
    }
    for (int row = 0; row < ROWS; row++) {
      int concept = concept(row, changes, random);
      boolean wanted = row % 2 == 0;
      do {
        draw(rows[row], random);
      } while (positive(concept, rows[row]) != wanted);
      labels[row] = wanted == random.nextDouble() >= WRONG ? 1 : 0;
    }
    return new DataStream(name(), rows, labels, 2, changes);
  }

  /** The old or the new concept by chance, 1/(1 + e^(-4(row - change)/width)) for the new one. */
  private int concept(int row, List<Integer> changes, Random random) {
    int concept = 0;
    for (int change : changes) {
      double share = 1 / (1 + Math.exp(-4.0 * (row - change) / width));
      concept += random.nextDouble() < share ? 1 : 0;
    }
    return concept;
  }

  private void draw(float[] x, Random random) {
    for (int i = 0; i < x.length; i++) {
      boolean logical = this == MIXED && i < BOOLEANS;
      x[i] = logical ? random.nextInt(2) : random.nextFloat();
    }
  }

  /** A naive Bayes classifier that starts anew at each alarm. */
  Score score(Contender contender, List<DataStream> streams) {
    int hits = 0;
    int falseAlarms = 0;
    int changes = 0;
    double delay = 0;
    double accuracy = 0;
    for (DataStream stream : streams) {
      Prequential.Outcome outcome = Prequential.detected(stream, contender);
      accuracy += outcome.accuracy() / streams.size();
      changes += stream.changes().size();
      int found = 0;
      for (int change : stream.changes()) {
        int first =
            outcome.alarms().stream()
                .filter(alarm -> alarm >= change && alarm <= change + window)
                .findFirst()
                .orElse(-1);
        if (first >= 0) {
          found++;
          delay += first - change;
        }
      }
      hits += found;
      falseAlarms += outcome.alarms().size() - found;
    }
    return new Score(changes, hits, falseAlarms, delay / hits, accuracy);
  }
}
