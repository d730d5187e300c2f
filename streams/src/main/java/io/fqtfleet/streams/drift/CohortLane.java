package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Watches all devices of a cohort at once, so that many devices a little worse are found although
 * none of them stands out, and one device far off moves nothing.
 *
 * <p>Per round: residuals r_i = (k_i - n_i·p_i) / sd_i with p_i no smaller than the truth (see
 * {@link CohortSignals}), clipped above at {@value #CLIP}. With mean <= 0, variance <= 1 and r <= b
 * Bennett's inequality gives E e^{λr} <= exp(ψ(λ)), ψ(λ) = (e^{bλ} - 1 - bλ)/b², so {@code M_j <-
 * (1 + M_j)·exp(Σ (λ r_i/√K - ψ(λ/√K)))} is an e-SR; evidence = mean over λ. Residuals are divided
 * by the square root of the dispersion of past rounds' sums (common noise of a cohort), which is
 * empirical.
 */
public final class CohortLane {
  /** Largest influence of one device on a round, in standard deviations. */
  public static final double CLIP = 3;

  private static final double[] LAMBDAS = {0.5, 1, 2, 4};
  private static final double DISPERSION_PRIOR = 16;

  /** Rounds per lag block of the dispersion. */
  private static final int LAG_ROUNDS = 8;

  private final double[] logs = new double[LAMBDAS.length];
  private final Spread reference = new Spread();
  private final Spread previous = new Spread();
  private final Spread current = new Spread();

  /** Per λ: the CUSUM of the same gains, and when it last left zero. */
  private final double[] cusums = new double[LAMBDAS.length];

  private final long[] onsetsMs = new long[LAMBDAS.length];

  public CohortLane() {
    Arrays.fill(logs, LogSpace.ZERO);
  }

  /** Count, sum and square sum of the rounds' standardised sums Z = Σ r_i/√K. */
  private static final class Spread {
    long rounds;
    double sum;
    double squares;

    void add(double z) {
      rounds++;
      sum += z;
      squares += z * z;
    }

    void add(Spread other) {
      rounds += other.rounds;
      sum += other.sum;
      squares += other.squares;
    }

    void clear() {
      rounds = 0;
      sum = 0;
      squares = 0;
    }

    void write(DataOutput out) throws IOException {
      out.writeInt((int) Math.min(Integer.MAX_VALUE, rounds));
      out.writeDouble(sum);
      out.writeDouble(squares);
    }

    void read(DataInput in) throws IOException {
      rounds = in.readInt();
      sum = in.readDouble();
      squares = in.readDouble();
    }
  }

  /**
   * Adds one round.
   *
   * @param devices that count; none = nothing happens
   * @param sum of their residuals, at most {@link #CLIP} each
   * @param learn false while an incident is open: the dispersion is left alone
   */
  public void observe(int devices, double sum, long startMs, boolean learn) {
    if (devices == 0) {
      return;
    }
    double scale = 1 / Math.sqrt(dispersion());
    double root = Math.sqrt(devices);
    double z = sum / root;
    for (int j = 0; j < LAMBDAS.length; j++) {
      double gain = LAMBDAS[j] * z * scale - devices * Bennett.cumulant(CLIP, LAMBDAS[j] / root);
      logs[j] = LogSpace.onePlus(logs[j]) + gain;
      if (cusums[j] <= 0) {
        onsetsMs[j] = startMs;
      }
      cusums[j] = Math.max(0, cusums[j] + gain);
    }
    if (learn) {
      current.add(z);
      if (current.rounds >= LAG_ROUNDS) {
        reference.add(previous);
        previous.clear();
        previous.add(current);
        current.clear();
      }
    }
  }

  /** Variance of the rounds' sums over the expected one, 1 or more. */
  public double dispersion() {
    if (reference.rounds < 2) {
      return 1;
    }
    double square = reference.squares - reference.sum * reference.sum / reference.rounds;
    return Math.max(1, (DISPERSION_PRIOR + square) / (DISPERSION_PRIOR + reference.rounds));
  }

  public double logEvidence() {
    return LogSpace.mean(logs);
  }

  /** Estimated moment of the change: by the λ that fits the change best. */
  public long onsetMs() {
    int best = 0;
    for (int j = 1; j < LAMBDAS.length; j++) {
      best = cusums[j] > cusums[best] ? j : best;
    }
    return onsetsMs[best];
  }

  /** Evidence is forgotten; the dispersion, a property of the cohort, stays. */
  public void restart() {
    Arrays.fill(logs, LogSpace.ZERO);
    previous.clear();
    current.clear();
    Arrays.fill(cusums, 0);
  }

  public void write(DataOutput out) throws IOException {
    for (int j = 0; j < LAMBDAS.length; j++) {
      out.writeDouble(logs[j]);
      out.writeDouble(cusums[j]);
      out.writeLong(onsetsMs[j]);
    }
    reference.write(out);
    previous.write(out);
    current.write(out);
  }

  public static CohortLane read(DataInput in) throws IOException {
    CohortLane lane = new CohortLane();
    for (int j = 0; j < LAMBDAS.length; j++) {
      lane.logs[j] = in.readDouble();
      lane.cusums[j] = in.readDouble();
      lane.onsetsMs[j] = in.readLong();
    }
    lane.reference.read(in);
    lane.previous.read(in);
    lane.current.read(in);
    return lane;
  }
}
