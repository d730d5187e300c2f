package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * A mixture e-detector against a bound of its own, older past: the statistic alone, without a
 * verdict.
 *
 * <p>For each alternative j: {@code M_j <- (1 + M_j)·L_j} (SR form) or {@code max(1, M_j)·L_j}
 * (CUSUM form), M = mean of the M_j. While the mean lies within the bounds E L_j <= 1, M_t - t is a
 * supermartingale and P(M >= c before T) <= T/c (Shin, Ramdas, Rinaldo 2022, arXiv 2203.03532). The
 * CUSUM form is never larger than the SR form, so the same holds for it.
 *
 * <pre>
 *  reports:  warm-up ──> reference ──tests──> each later report
 *                           ^  one or two blocks later, everything absorbed
 *                        previous block  <──  current block  <── later reports
 * </pre>
 *
 * <p>Everything is absorbed, suspicious or not: a reference that learns only from calm times is
 * biased. A change in the direction that raises no alarm silently starts a new reference; the old
 * one is tested against until the new one has its warm-up.
 */
final class EsrLane {
  /** Which changes are alarms. */
  enum Direction {
    UP,
    DOWN,
    BOTH
  }

  /**
   * @param warmupReports first reports, taken as the reference; 0 = the likelihood is known
   * @param lagReports reports per lag block
   * @param logThreshold ln c, for the silent new reference
   */
  record Settings(
      int warmupReports, int lagReports, double logThreshold, Direction direction, boolean cusum) {}

  private static final int J = Likelihood.ALTERNATIVES;

  /** M stays here, far above any threshold and far below the largest double. */
  private static final double EVIDENCE_MAX = 1e300;

  private static final double CUSUM_MAX = 1e38;

  private final Settings settings;
  private final double threshold;
  private final Likelihood likelihood;
  private final Moments reference = new Moments();
  private final Moments previous = new Moments();

  /** The current block; while a new reference is collected, that. */
  private final Moments current = new Moments();

  private final double[] up = new double[J];
  private final double[] down = new double[J];
  private boolean collecting;

  /** Per alternative: CUSUM W <- max(1, W)·L towards an alarm, and the reports since it left 1. */
  private final float[] cusums = new float[J];

  private final int[] ages = new int[J];

  private final double[] upFactors = new double[J];
  private final double[] downFactors = new double[J];

  EsrLane(Settings settings, Likelihood likelihood) {
    this.settings = settings;
    this.threshold = PlainMath.exp(settings.logThreshold);
    this.likelihood = likelihood;
  }

  boolean ready() {
    return reference.reports >= settings.warmupReports;
  }

  /** Tests one report of n values, n > 0, then absorbs it. */
  void observe(double sum, double n) {
    if (!ready()) {
      reference.add(sum, n);
      if (ready()) {
        likelihood.learn(reference);
      }
      return;
    }
    test(sum, n);
    if (settings.warmupReports > 0) {
      absorb(sum, n);
    }
  }

  /** Tests without learning. */
  void test(double sum, double n) {
    if (!ready()) {
      return;
    }
    likelihood.factors(sum, n, upFactors, downFactors);
    advance(up, upFactors);
    advance(down, downFactors);
    track();
    boolean silent =
        settings.direction != Direction.BOTH
            && mean(settings.direction == Direction.UP ? down : up) >= threshold;
    if (silent && !collecting && settings.warmupReports > 0) {
      collecting = true;
      previous.clear();
      current.clear();
    }
  }

  private void advance(double[] evidence, double[] factors) {
    for (int j = 0; j < J; j++) {
      double before = settings.cusum ? Math.max(1, evidence[j]) : 1 + evidence[j];
      evidence[j] = Math.min(EVIDENCE_MAX, before * factors[j]);
    }
  }

  /** Onsets: of the direction that is further from calm, if both count. */
  private void track() {
    boolean rising =
        settings.direction == Direction.UP
            || settings.direction == Direction.BOTH && mean(up) >= mean(down);
    double[] factors = rising ? upFactors : downFactors;
    for (int j = 0; j < J; j++) {
      ages[j] = cusums[j] <= 1 ? 0 : ages[j] + 1;
      cusums[j] = (float) Math.min(CUSUM_MAX, Math.max(1, cusums[j]) * factors[j]);
    }
  }

  private void absorb(double sum, double n) {
    current.add(sum, n);
    if (collecting) {
      if (current.reports >= settings.warmupReports) {
        reference.takeFrom(current);
        forgetEvidence();
        likelihood.learn(reference);
      }
    } else if (current.reports >= settings.lagReports) {
      reference.add(previous);
      previous.takeFrom(current);
      likelihood.learn(reference);
    }
  }

  /** A new epoch: all is forgotten, the next reports are its warm-up. */
  void restart() {
    reference.clear();
    forgetEvidence();
  }

  private void forgetEvidence() {
    previous.clear();
    current.clear();
    collecting = false;
    Arrays.fill(up, 0);
    Arrays.fill(down, 0);
    Arrays.fill(cusums, 0);
    Arrays.fill(ages, 0);
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value / J;
    }
    return sum;
  }

  /** M towards an alarm; 0 during the warm-up. */
  double evidence() {
    return switch (settings.direction) {
      case UP -> mean(up);
      case DOWN -> mean(down);
      case BOTH -> 0.5 * (mean(up) + mean(down));
    };
  }

  /** How many reports before the last one the change is thought to have begun. */
  int onsetAge() {
    int best = 0;
    for (int j = 1; j < J; j++) {
      best = cusums[j] > cusums[best] ? j : best;
    }
    return ages[best];
  }

  double upper() {
    return likelihood.upper();
  }

  double lower() {
    return likelihood.lower();
  }

  double dispersion() {
    return likelihood.dispersion();
  }

  double referenceMean() {
    return reference.mean();
  }

  double referenceCount() {
    return reference.count;
  }

  void write(DataOutput out) throws IOException {
    reference.write(out);
    previous.write(out);
    current.write(out);
    out.writeBoolean(collecting);
    for (int j = 0; j < J; j++) {
      out.writeDouble(up[j]);
      out.writeDouble(down[j]);
      out.writeFloat(cusums[j]);
      out.writeInt(ages[j]);
    }
  }

  void read(DataInput in) throws IOException {
    reference.read(in);
    previous.read(in);
    current.read(in);
    collecting = in.readBoolean();
    for (int j = 0; j < J; j++) {
      up[j] = in.readDouble();
      down[j] = in.readDouble();
      cusums[j] = in.readFloat();
      ages[j] = in.readInt();
    }
    if (ready()) {
      likelihood.learn(reference);
    }
  }
}
