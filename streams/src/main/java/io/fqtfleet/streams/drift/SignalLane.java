package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Watches one real-valued signal, a mean per report: e-SR for a variable with bounded second
 * moment, against a reference of its own past. For a device's signals and for a cohort's means.
 *
 * <p>z = (y - common - μ)/σ - margin, clipped above at {@value #CLIP}. With mean at most 0 and
 * second moment at most 1 Bennett's inequality gives E e^{λz} <= exp(ψ(λ)), ψ(λ) = (e^{bλ} - 1 -
 * bλ)/b² at b = {@value #CLIP}, whatever the distribution, so {@code M_j <- (1 + M_j)·exp(λ_j z -
 * ψ(λ_j))} is an e-SR. Of a cohort's means ψ(λ) = λ²/2, see {@link Noise}. μ and σ come from
 * reports at least one block old; the margin (Robbins' mixture bound of a mean) and the surcharge
 * on σ (Chernoff's bound of χ²) hold at all times at once with probability 1 - β, if reports are
 * independent and near Gaussian. That is not known, so a bound that rests on this lane is called
 * empirical.
 *
 * <p>Reference, lag by two rotating blocks and the silent new reference are {@link DeviceLane}'s.
 * Not safe for use by several threads.
 */
public final class SignalLane {
  private static final double CLIP = 8;

  /** What may be assumed of a signal's noise: how its cumulants are bounded. */
  public enum Noise {
    /** Nothing but its variance. */
    ANY(0.05, new int[] {2, 4, 7, 10}),
    /** ψ(λ) = λ²/2: the mean of many devices, each of bounded influence. */
    GAUSSIAN(0.25, new int[] {1, 2, 4, 8});

    /** Every λ is a multiple of this, so that a report needs one exponential per direction. */
    private final double unit;

    private final int[] multiples;
    private final double[] lambdas;
    private final double[] cumulants;

    /** e^-ψ(λ). */
    private final double[] penalties;

    Noise(double unit, int[] multiples) {
      this.unit = unit;
      this.multiples = multiples;
      lambdas = new double[multiples.length];
      cumulants = new double[multiples.length];
      penalties = new double[multiples.length];
      for (int j = 0; j < multiples.length; j++) {
        double lambda = unit * multiples[j];
        lambdas[j] = lambda;
        cumulants[j] = ordinal() == 1 ? lambda * lambda / 2 : Bennett.cumulant(CLIP, lambda);
        penalties[j] = PlainMath.exp(-cumulants[j]);
      }
    }

    /** M_j <- (1 + M_j)·e^{λ_j z - ψ(λ_j)}. */
    private void advance(float[] evidence, double z) {
      double factor = PlainMath.exp(unit * z);
      double power = 1;
      int raised = 0;
      for (int j = 0; j < multiples.length; j++) {
        for (; raised < multiples[j]; raised++) {
          power *= factor;
        }
        evidence[j] = (float) Math.min(EVIDENCE_MAX, (1 + evidence[j]) * (power * penalties[j]));
      }
    }
  }

  private static final int STEPS = 4;

  /** Far above any threshold and far below the largest float. */
  private static final float EVIDENCE_MAX = 1e36f;

  /** Newton's method ends when a step is below this, or after so many steps. */
  private static final double STEP_MIN = 1e-12;

  private static final int STEPS_MAX = 50;

  private final Signal signal;
  private final Noise noise;
  private final ReportMoments reference;
  private final ReportMoments previous;
  private final ReportMoments current;
  private ReportMoments candidate = new ReportMoments();
  private boolean collecting;

  /** M_j of a rise, in the signal's bad direction, and of a fall. */
  private final float[] up = new float[STEPS];

  private final float[] down = new float[STEPS];
  private float cusum;
  private long onsetMs;
  private float lastResidual = Float.NaN;

  // Derived from the reference; NaN = to be computed.
  private double deviation = Double.NaN;
  private double surcharge;
  private double margin;
  private double boundsBeta;

  /** Of one device. */
  public SignalLane(Signal signal) {
    this(signal, Noise.ANY);
  }

  public SignalLane(Signal signal, Noise noise) {
    this(signal, noise, new ReportMoments(), new ReportMoments(), new ReportMoments());
  }

  private SignalLane(
      Signal signal,
      Noise noise,
      ReportMoments reference,
      ReportMoments previous,
      ReportMoments current) {
    this.signal = signal;
    this.noise = noise;
    this.reference = reference;
    this.previous = previous;
    this.current = current;
  }

  public Signal signal() {
    return signal;
  }

  public boolean ready(DeviceLane.Settings settings) {
    return reference.count >= settings.warmupReports();
  }

  /**
   * How many deviations a value is off its reference, in the bad direction; of a signal that is bad
   * both ways, upwards. NaN before the lane is ready.
   */
  public double residual(double y, DeviceLane.Settings settings) {
    if (!ready(settings)) {
      return Double.NaN;
    }
    derive(settings);
    return signal.sign() * (y - reference.mean) / deviation;
  }

  /**
   * Tests one report and absorbs it.
   *
   * @param common residual that the device shares with its peers, which is not its own
   * @param learn false while an incident is open
   */
  public void observe(
      double y, double common, long startMs, DeviceLane.Settings settings, boolean learn) {
    if (!ready(settings)) {
      if (learn) {
        reference.add(y);
        deviation = Double.NaN;
      }
      return;
    }
    double off = residual(y, settings) - common;
    lastResidual = (float) off;
    test(off / surcharge, startMs, settings);
    if (learn) {
      absorb(y, settings);
    }
  }

  private void test(double off, long startMs, DeviceLane.Settings settings) {
    double rise = Math.min(CLIP, off - margin);
    double fall = Math.min(CLIP, -off - margin);
    noise.advance(up, rise);
    noise.advance(down, fall);
    double way = signal.bothWays() ? Math.max(rise, fall) : rise;
    if (cusum <= 0) {
      onsetMs = startMs;
    }
    cusum = (float) Math.max(0, cusum + noise.lambdas[1] * way - noise.cumulants[1]);
    if (!signal.bothWays()
        && !collecting
        && LogSpace.reaches(mean(down), settings.logThreshold())) {
      collecting = true;
    }
  }

  private void absorb(double y, DeviceLane.Settings settings) {
    if (collecting) {
      candidate.add(y);
      if (candidate.count >= settings.warmupReports()) {
        ReportMoments learnt = candidate;
        candidate = new ReportMoments();
        restart();
        reference.takeFrom(learnt);
      }
      return;
    }
    current.add(y);
    if (current.count >= settings.lagReports()) {
      reference.add(previous);
      previous.takeFrom(current);
      deviation = Double.NaN;
    }
  }

  /** A new epoch: all is forgotten, the next reports are its warm-up. */
  public void restart() {
    reference.clear();
    forgetRecent();
    Arrays.fill(up, 0);
    Arrays.fill(down, 0);
    cusum = 0;
    lastResidual = Float.NaN;
    deviation = Double.NaN;
  }

  /** The reference stays; what spoke against it is dropped. */
  public void forgetEvidence() {
    Arrays.fill(up, 0);
    Arrays.fill(down, 0);
    cusum = 0;
  }

  /** Drops what was not yet absorbed, because it may already be from the changed world. */
  public void forgetRecent() {
    previous.clear();
    current.clear();
    candidate.clear();
    collecting = false;
    if (!signal.bothWays()) {
      Arrays.fill(down, 0);
    }
  }

  /** ln M; of a signal that is bad both ways of the mean of both. */
  public double logEvidence() {
    return PlainMath.log(evidence());
  }

  /** M; at most {@value #EVIDENCE_MAX}. */
  public double evidence() {
    return signal.bothWays() ? 0.5 * (mean(up) + mean(down)) : mean(up);
  }

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / STEPS;
  }

  /** The last report's deviations off its reference, bad is positive; NaN before the first test. */
  public double lastResidual() {
    return signal.bothWays() ? Math.abs(lastResidual) : lastResidual;
  }

  public long onsetMs() {
    return onsetMs;
  }

  public double referenceMean() {
    return reference.count == 0 ? Double.NaN : reference.mean;
  }

  public int referenceReports() {
    return reference.count;
  }

  private void derive(DeviceLane.Settings settings) {
    if (!Double.isNaN(deviation) && boundsBeta == settings.logInverseBeta()) {
      return;
    }
    boundsBeta = settings.logInverseBeta();
    double n = reference.count;
    double freedom = Math.max(1, n - 1);
    double allowed = boundsBeta + 0.5 * PlainMath.log(n + 1);
    deviation =
        Math.max(signal.deviationMin(), Math.sqrt(reference.squares / freedom * (1 + 1 / n)));
    surcharge = 1 / Math.sqrt(leastShare(2 * allowed / freedom));
    margin = Math.sqrt(2 * allowed * (n + 1)) / n;
  }

  /**
   * The q < 1 with q - 1 - ln q = x: what a χ² over its degrees of freedom hardly falls below. By
   * Newton's method from e^{-1-x}, which is too small; the function is convex, so no step passes
   * the root.
   */
  private static double leastShare(double x) {
    double q = PlainMath.exp(-1 - x);
    for (int i = 0; i < STEPS_MAX; i++) {
      double step = q * (q - 1 - PlainMath.log(q) - x) / (1 - q);
      if (!(step > STEP_MIN)) {
        break;
      }
      q += step;
    }
    return q;
  }

  public void write(DataOutput out) throws IOException {
    reference.write(out);
    previous.write(out);
    current.write(out);
    out.writeBoolean(collecting);
    if (collecting) {
      candidate.write(out);
    }
    for (int j = 0; j < STEPS; j++) {
      out.writeFloat(up[j]);
      out.writeFloat(down[j]);
    }
    out.writeFloat(cusum);
    out.writeLong(onsetMs);
    out.writeFloat(lastResidual);
  }

  public static SignalLane read(Signal signal, Noise noise, DataInput in) throws IOException {
    SignalLane lane =
        new SignalLane(
            signal, noise, ReportMoments.read(in), ReportMoments.read(in), ReportMoments.read(in));
    lane.collecting = in.readBoolean();
    if (lane.collecting) {
      lane.candidate = ReportMoments.read(in);
    }
    for (int j = 0; j < STEPS; j++) {
      lane.up[j] = in.readFloat();
      lane.down[j] = in.readFloat();
    }
    lane.cusum = in.readFloat();
    lane.onsetMs = in.readLong();
    lane.lastResidual = in.readFloat();
    return lane;
  }
}
