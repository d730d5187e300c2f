package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Watches the error counts of one device: a mixture e-SR against an upper bound of its own past.
 *
 * <p>For k errors of n labelled samples and alternatives q_j: {@code M_j <- (1 + M_j) ·
 * (q_j/p)^(k/φ) · ((1-q_j)/(1-p))^((n-k)/φ)}, evidence M = mean of M_j; p is the {@link KtBound} of
 * data at least one block old. Under "errors are no more likely than p" M_t - t is a
 * supermartingale, so P(M >= c before T) <= T/c (Shin, Ramdas, Rinaldo: e-detectors, 2022). φ >= 1
 * only weakens the evidence; that it covers overdispersion is empirical.
 *
 * <pre>
 *  reports:  warm-up ──> reference ──tests──> each later report
 *                           ^  one or two blocks later, everything absorbed
 *                        previous block  <──  current block  <── later reports
 * </pre>
 *
 * <p>The same statistic downwards starts a new reference silently: the old one is tested against
 * until the new one has its warm-up. Not safe for use by several threads.
 */
public final class DeviceLane {
  /** How a lane learns; it must not change between two reports of one epoch without notice. */
  public record Settings(
      int warmupReports, int lagReports, double logInverseBeta, double logThreshold) {}

  private static final double[] STEPS = {0.05, 0.1, 0.2, 0.4};

  /** Probabilities are kept this far from 0 and 1, so that one count is never infinite evidence. */
  private static final double EDGE = 1e-3;

  /** Log factor per sample when no alternative is left beyond the bound: evidence fades. */
  private static final double IMPOSSIBLE = -1;

  /** M stays here, far above any threshold and far below the largest double. */
  private static final double EVIDENCE_MAX = 1e300;

  /** Reports without dispersion that a fresh estimate of φ is pulled towards. */
  private static final double DISPERSION_PRIOR = 16;

  private final Tally reference;
  private final Tally previous;
  private final Tally current;
  private final Tally candidate;
  private final double[] up;
  private final double[] down;
  private boolean collecting;
  private double cusum;
  private long onsetMs;

  /** Since that moment. */
  private float risenErrors;

  private float risenSamples;

  // Derived from the reference; NaN = to be computed.
  private double upper = Double.NaN;
  private double lower;
  private double dispersion;
  private double boundsBeta;
  private final double[] upHit = new double[STEPS.length];
  private final double[] upMiss = new double[STEPS.length];
  private final double[] downHit = new double[STEPS.length];
  private final double[] downMiss = new double[STEPS.length];

  public DeviceLane() {
    this(
        new Tally(),
        new Tally(),
        new Tally(),
        new Tally(),
        new double[STEPS.length],
        new double[STEPS.length]);
  }

  private DeviceLane(
      Tally reference, Tally previous, Tally current, Tally candidate, double[] up, double[] down) {
    this.reference = reference;
    this.previous = previous;
    this.current = current;
    this.candidate = candidate;
    this.up = up;
    this.down = down;
  }

  /**
   * Tests one report and absorbs it.
   *
   * @param k errors, 0..n
   * @param n labelled samples; 0 = nothing happens
   * @param startMs when the counting of the report began, for the onset
   */
  public void observe(long k, long n, long startMs, Settings settings) {
    if (n <= 0) {
      return;
    }
    if (!ready(settings)) {
      reference.add(k, n);
      upper = Double.NaN;
      return;
    }
    test(k, n, startMs, settings);
    absorb(k, n, settings);
  }

  /** Tests one report without learning from it: while an incident is open. */
  public void testOnly(long k, long n, long startMs, Settings settings) {
    if (n > 0 && ready(settings)) {
      test(k, n, startMs, settings);
    }
  }

  private void test(long k, long n, long startMs, Settings settings) {
    derive(settings);
    double hits = k / dispersion;
    double misses = (n - k) / dispersion;
    for (int j = 0; j < STEPS.length; j++) {
      double gain = hits * upHit[j] + misses * upMiss[j];
      up[j] = Math.min(EVIDENCE_MAX, (1 + up[j]) * PlainMath.exp(gain));
      double fall = hits * downHit[j] + misses * downMiss[j];
      down[j] = Math.min(EVIDENCE_MAX, (1 + down[j]) * PlainMath.exp(fall));
      if (j == 1) {
        if (cusum <= 0) {
          onsetMs = startMs;
          risenErrors = 0;
          risenSamples = 0;
        }
        cusum = Math.max(0, cusum + gain);
      }
    }
    risenErrors += k;
    risenSamples += n;
    if (!collecting && LogSpace.reaches(mean(down), settings.logThreshold)) {
      collecting = true;
    }
  }

  private void absorb(long k, long n, Settings settings) {
    if (collecting) {
      candidate.add(k, n);
      if (candidate.reports >= settings.warmupReports) {
        Tally learnt = new Tally();
        learnt.takeFrom(candidate);
        restart();
        reference.takeFrom(learnt);
      }
      return;
    }
    current.add(k, n);
    if (current.reports >= settings.lagReports) {
      reference.add(previous);
      previous.takeFrom(current);
      upper = Double.NaN;
    }
  }

  /** A new epoch: all is forgotten, the next reports are its warm-up. */
  public void restart() {
    reference.clear();
    forgetRecent();
    Arrays.fill(up, 0);
    cusum = 0;
    risenErrors = 0;
    risenSamples = 0;
    upper = Double.NaN;
  }

  /** The reference stays; what spoke against it is dropped. */
  public void forgetEvidence() {
    Arrays.fill(up, 0);
    Arrays.fill(down, 0);
    cusum = 0;
    risenErrors = 0;
    risenSamples = 0;
  }

  /** Drops what was not yet absorbed, because it may already be from the changed world. */
  public void forgetRecent() {
    previous.clear();
    current.clear();
    candidate.clear();
    collecting = false;
    Arrays.fill(down, 0);
  }

  public boolean ready(Settings settings) {
    return reference.reports >= settings.warmupReports;
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value / STEPS.length;
    }
    return sum;
  }

  /** ln M: evidence that errors became more likely; at most ln {@value #EVIDENCE_MAX}. */
  public double logEvidence() {
    return PlainMath.log(evidence());
  }

  /** M. */
  public double evidence() {
    return mean(up);
  }

  /** Error rate of the reference, NaN before the first report. */
  public double referenceError() {
    return reference.mean();
  }

  public long referenceErrors() {
    return reference.errors;
  }

  public long referenceSamples() {
    return reference.samples;
  }

  /** Upper bound of the reference's error rate; 1 before the first report. */
  public double upperError(Settings settings) {
    derive(settings);
    return upper;
  }

  public double dispersion(Settings settings) {
    derive(settings);
    return dispersion;
  }

  /** Estimated moment of the change: when the CUSUM of a 0.1 step last left zero. */
  public long onsetMs() {
    return onsetMs;
  }

  /** Error rate since then; NaN before the first test. */
  public double risenError() {
    return risenSamples == 0 ? Double.NaN : risenErrors / risenSamples;
  }

  private void derive(Settings settings) {
    if (!Double.isNaN(upper) && boundsBeta == settings.logInverseBeta) {
      return;
    }
    boundsBeta = settings.logInverseBeta;
    dispersion = reference.dispersion(DISPERSION_PRIOR);
    double s = reference.errors / dispersion;
    double n = reference.samples / dispersion;
    upper = KtBound.upper(s, n, boundsBeta);
    lower = KtBound.lower(s, n, boundsBeta);
    double high = Math.max(upper, EDGE);
    double low = Math.min(lower, 1 - EDGE);
    for (int j = 0; j < STEPS.length; j++) {
      double more = Math.min(high + STEPS[j], 1 - EDGE);
      boolean rises = more > high;
      upHit[j] = rises ? PlainMath.log(more / high) : IMPOSSIBLE;
      upMiss[j] = rises ? PlainMath.log((1 - more) / (1 - high)) : IMPOSSIBLE;
      double less = Math.max(low - STEPS[j], EDGE);
      boolean falls = less < low;
      downHit[j] = falls ? PlainMath.log(less / low) : IMPOSSIBLE;
      downMiss[j] = falls ? PlainMath.log((1 - less) / (1 - low)) : IMPOSSIBLE;
    }
  }

  public void write(DataOutput out) throws IOException {
    reference.write(out);
    previous.write(out);
    current.write(out);
    out.writeBoolean(collecting);
    if (collecting) {
      candidate.write(out);
    }
    for (int j = 0; j < STEPS.length; j++) {
      out.writeDouble(up[j]);
      out.writeDouble(down[j]);
    }
    out.writeFloat((float) cusum);
    out.writeLong(onsetMs);
    out.writeFloat(risenErrors);
    out.writeFloat(risenSamples);
  }

  public static DeviceLane read(DataInput in) throws IOException {
    Tally reference = Tally.read(in);
    Tally previous = Tally.read(in);
    Tally current = Tally.read(in);
    boolean collecting = in.readBoolean();
    Tally candidate = collecting ? Tally.read(in) : new Tally();
    double[] up = new double[STEPS.length];
    double[] down = new double[STEPS.length];
    for (int j = 0; j < STEPS.length; j++) {
      up[j] = in.readDouble();
      down[j] = in.readDouble();
    }
    DeviceLane lane = new DeviceLane(reference, previous, current, candidate, up, down);
    lane.collecting = collecting;
    lane.cusum = in.readFloat();
    lane.onsetMs = in.readLong();
    lane.risenErrors = in.readFloat();
    lane.risenSamples = in.readFloat();
    return lane;
  }
}
