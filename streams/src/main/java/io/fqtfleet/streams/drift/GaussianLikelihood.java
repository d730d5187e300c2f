package io.fqtfleet.streams.drift;

/**
 * Sub-Gaussian values: {@code exp(λz - λ²/2)}, z = (x - m)/σ, λ in {.25, .5, 1, 2}.
 *
 * <p>m is Robbins' normal-mixture bound of the mean, true at all times at once with probability 1 -
 * beta on either side: |Σ(x - μ)| <= σ·√((N + ρ)·ln((N + ρ)/(ρ·(2β)²)·...)), here with ρ = {@value
 * #MIXTURE_REPORTS} and level 2·beta (Robbins 1970; Howard et al. 2021, eq. 14). σ is the upper
 * bound of the reference's deviation for normal values (Laurent and Massart 2000, lemma 1), at one
 * time and not at all times: so with a learnt σ the guarantee is empirical. z is clipped above, so
 * that one outlier is no alarm; that only lowers the expectation.
 */
final class GaussianLikelihood implements Likelihood {
  private static final double[] LAMBDAS = {0.25, 0.5, 1, 2};

  /** Where the bound of the mean is narrowest, in values. */
  private static final double MIXTURE_REPORTS = 100;

  /** The deviation's bound is at most this times its estimate. */
  private static final double DEVIATION_FACTOR_MAX = 2;

  private final double logInverseBeta;
  private final double clip;
  private final boolean known;
  private double upper;
  private double lower;
  private double deviation = 1;

  GaussianLikelihood(double logInverseBeta, double clip) {
    this.logInverseBeta = logInverseBeta;
    this.clip = clip;
    this.known = false;
  }

  private GaussianLikelihood(double mean, double deviation, double clip) {
    this.logInverseBeta = 0;
    this.clip = clip;
    this.known = true;
    this.upper = mean;
    this.lower = mean;
    this.deviation = deviation;
  }

  /** Mean and standard deviation are given. */
  static GaussianLikelihood known(double mean, double deviation, double clip) {
    return new GaussianLikelihood(mean, deviation, clip);
  }

  @Override
  public void learn(Moments reference) {
    if (known || reference.reports < 2) {
      return;
    }
    double n = reference.count;
    double freedom = reference.reports - 1;
    double shrink = 1 - 2 * Math.sqrt(logInverseBeta / freedom);
    double variance = reference.squaresAroundMean() / freedom;
    double factor = 1 / Math.max(shrink, 1 / (DEVIATION_FACTOR_MAX * DEVIATION_FACTOR_MAX));
    // A constant reference says nothing about noise: one part in a million of its size is assumed.
    double floor = 1e-6 * Math.max(1, Math.abs(reference.mean()));
    deviation = Math.max(floor, Math.sqrt(variance * factor));
    double ratio = (n + MIXTURE_REPORTS) / MIXTURE_REPORTS;
    double log = PlainMath.log(ratio) + 2 * (logInverseBeta - PlainMath.log(2));
    double margin = deviation * Math.sqrt((n + MIXTURE_REPORTS) * Math.max(0, log)) / n;
    upper = reference.mean() + margin;
    lower = reference.mean() - margin;
  }

  /** A report of n values counts as n values that all equal its mean. */
  @Override
  public void factors(double sum, double n, double[] up, double[] down) {
    double rise = Math.min(clip, (sum / n - upper) / deviation);
    double fall = Math.min(clip, (lower - sum / n) / deviation);
    for (int j = 0; j < ALTERNATIVES; j++) {
      double penalty = 0.5 * LAMBDAS[j] * LAMBDAS[j];
      up[j] = PlainMath.exp(n * (LAMBDAS[j] * rise - penalty));
      down[j] = PlainMath.exp(n * (LAMBDAS[j] * fall - penalty));
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
}
