package io.fqtfleet.programs.detect;

import java.util.Arrays;

/** Gaussian naive Bayes, learnt row by row (Welford's sums); one update allocates nothing. */
final class NaiveBayes {
  /** Variance below which a feature says nothing about a class, relative to its square mean. */
  private static final double VARIANCE_MIN = 1e-9;

  private final int features;
  private final double[] counts;
  private final double[][] means;
  private final double[][] squares;
  private double rows;

  NaiveBayes(int features, int classes) {
    this.features = features;
    this.counts = new double[classes];
    this.means = new double[classes][features];
    this.squares = new double[classes][features];
  }

  void forget() {
    rows = 0;
    Arrays.fill(counts, 0);
    for (int c = 0; c < counts.length; c++) {
      Arrays.fill(means[c], 0);
      Arrays.fill(squares[c], 0);
    }
  }

  /** The likeliest class; 0 before the first row. */
  int predict(float[] x) {
    int best = 0;
    double bestLog = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < counts.length; c++) {
      double log = counts[c] == 0 ? Double.NEGATIVE_INFINITY : logJoint(c, x);
      if (log > bestLog) {
        best = c;
        bestLog = log;
      }
    }
    return best;
  }

  /** Features without variance in the class are left out, as MOA does. */
  private double logJoint(int c, float[] x) {
    double log = Math.log(counts[c] / rows);
    for (int i = 0; i < features; i++) {
      double variance = counts[c] < 2 ? 0 : squares[c][i] / (counts[c] - 1);
      if (variance > VARIANCE_MIN * Math.max(1e-3, means[c][i] * means[c][i])) {
        double distance = x[i] - means[c][i];
        log -= 0.5 * (Math.log(2 * Math.PI * variance) + distance * distance / variance);
      }
    }
    return log;
  }

  void learn(float[] x, int label) {
    rows++;
    counts[label]++;
    for (int i = 0; i < features; i++) {
      double distance = x[i] - means[label][i];
      means[label][i] += distance / counts[label];
      squares[label][i] += distance * (x[i] - means[label][i]);
    }
  }
}
