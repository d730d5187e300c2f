package io.fqtfleet.streams.drift;

/**
 * Errors among labelled samples: {@code (q/p)^(k/φ) · ((1-q)/(1-p))^((n-k)/φ)} for alternatives q =
 * p + {.05, .1, .2, .4}, p the {@link KtBound} of the reference. φ >= 1, Pearson's dispersion of
 * the reference, only weakens the evidence; that it covers overdispersion is empirical.
 */
final class BernoulliLikelihood implements Likelihood {
  private static final double[] STEPS = {0.05, 0.1, 0.2, 0.4};

  /** Probabilities are kept this far from 0 and 1, so that one count is never infinite evidence. */
  private static final double EDGE = 1e-3;

  /** Reports without dispersion that a fresh estimate of φ is pulled towards. */
  private static final double DISPERSION_PRIOR = 16;

  /** Log factor per sample when no alternative is left beyond the bound: evidence fades. */
  private static final double IMPOSSIBLE = -1;

  private final double logInverseBeta;
  private final boolean known;
  private double upper = 1;
  private double lower;
  private double dispersion = 1;
  private final double[] upHit = new double[ALTERNATIVES];
  private final double[] upMiss = new double[ALTERNATIVES];
  private final double[] downHit = new double[ALTERNATIVES];
  private final double[] downMiss = new double[ALTERNATIVES];

  // e to the power of those: reports of one sample need no exponential function.
  private final double[] upHitOnce = new double[ALTERNATIVES];
  private final double[] upMissOnce = new double[ALTERNATIVES];
  private final double[] downHitOnce = new double[ALTERNATIVES];
  private final double[] downMissOnce = new double[ALTERNATIVES];

  /** Learns the error rate; a bound fails with probability beta for all time. */
  BernoulliLikelihood(double logInverseBeta) {
    this.logInverseBeta = logInverseBeta;
    this.known = false;
  }

  private BernoulliLikelihood(double errorRate, boolean known) {
    this.logInverseBeta = 0;
    this.known = known;
    this.upper = errorRate;
    this.lower = errorRate;
    derive();
  }

  /** The error rate is given. */
  static BernoulliLikelihood known(double errorRate) {
    return new BernoulliLikelihood(errorRate, true);
  }

  @Override
  public void learn(Moments reference) {
    if (known) {
      return;
    }
    dispersion = dispersion(reference);
    double s = reference.sum / dispersion;
    double n = reference.count / dispersion;
    upper = KtBound.upper(s, n, logInverseBeta);
    lower = KtBound.lower(s, n, logInverseBeta);
    derive();
  }

  private void derive() {
    double high = Math.max(upper, EDGE);
    double low = Math.min(lower, 1 - EDGE);
    for (int j = 0; j < ALTERNATIVES; j++) {
      double more = Math.min(high + STEPS[j], 1 - EDGE);
      boolean rises = more > high;
      upHit[j] = rises ? PlainMath.log(more / high) / dispersion : IMPOSSIBLE;
      upMiss[j] = rises ? PlainMath.log((1 - more) / (1 - high)) / dispersion : IMPOSSIBLE;
      double less = Math.max(low - STEPS[j], EDGE);
      boolean falls = less < low;
      downHit[j] = falls ? PlainMath.log(less / low) / dispersion : IMPOSSIBLE;
      downMiss[j] = falls ? PlainMath.log((1 - less) / (1 - low)) / dispersion : IMPOSSIBLE;
      upHitOnce[j] = PlainMath.exp(upHit[j]);
      upMissOnce[j] = PlainMath.exp(upMiss[j]);
      downHitOnce[j] = PlainMath.exp(downHit[j]);
      downMissOnce[j] = PlainMath.exp(downMiss[j]);
    }
  }

  /** Pearson's X² over its expectation, pulled towards 1, never below 1. */
  private static double dispersion(Moments reference) {
    double p = reference.mean();
    if (reference.reports < 2 || !(p > 0 && p < 1)) {
      return 1;
    }
    double square = reference.squaresAroundMean() / (p * (1 - p));
    return Math.max(1, (DISPERSION_PRIOR + square) / (DISPERSION_PRIOR + reference.reports));
  }

  @Override
  public void factors(double errors, double n, double[] up, double[] down) {
    if (n == 1 && (errors == 0 || errors == 1)) {
      System.arraycopy(errors == 1 ? upHitOnce : upMissOnce, 0, up, 0, ALTERNATIVES);
      System.arraycopy(errors == 1 ? downHitOnce : downMissOnce, 0, down, 0, ALTERNATIVES);
      return;
    }
    double misses = n - errors;
    for (int j = 0; j < ALTERNATIVES; j++) {
      up[j] = PlainMath.exp(errors * upHit[j] + misses * upMiss[j]);
      down[j] = PlainMath.exp(errors * downHit[j] + misses * downMiss[j]);
    }
  }

  @Override
  public double upper() {
    return upper;
  }

  @Override
  public double lower() {
    return lower;
  }

  @Override
  public double dispersion() {
    return dispersion;
  }
}
