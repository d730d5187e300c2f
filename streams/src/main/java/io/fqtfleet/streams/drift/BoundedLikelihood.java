package io.fqtfleet.streams.drift;

/**
 * Values in [0, 1] of any distribution: {@code 1 + λ(x/m - 1)}, λ in {.05, .15, .4, .8}, m the
 * upper bound of the mean; downwards the same for 1 - x. No assumption beyond the range: by
 * convexity {@code q^x (1-q)^(1-x)} of a bounded x is worth no more than that of a Bernoulli
 * variable of equal mean, so {@link KtBound} holds for it too (Waudby-Smith and Ramdas 2024,
 * "Estimating means of bounded random variables by betting").
 */
final class BoundedLikelihood implements Likelihood {
  private static final double[] LAMBDAS = {0.05, 0.15, 0.4, 0.8};

  /** Means are kept this far from 0 and 1, so that one value is never infinite evidence. */
  private static final double EDGE = 1e-3;

  /** Factor when nothing is left beyond the bound. */
  private static final double FADING = 0.4;

  private final double logInverseBeta;
  private final boolean known;
  private double upper = 1;
  private double lower;

  BoundedLikelihood(double logInverseBeta) {
    this.logInverseBeta = logInverseBeta;
    this.known = false;
  }

  private BoundedLikelihood(double mean, boolean known) {
    this.logInverseBeta = 0;
    this.known = known;
    this.upper = mean;
    this.lower = mean;
  }

  /** The mean is given. */
  static BoundedLikelihood known(double mean) {
    return new BoundedLikelihood(mean, true);
  }

  @Override
  public void learn(Moments reference) {
    if (!known) {
      upper = KtBound.upper(reference.sum, reference.count, logInverseBeta);
      lower = KtBound.lower(reference.sum, reference.count, logInverseBeta);
    }
  }

  /** Of a report of n values its mean is taken: one bounded value. */
  @Override
  public void factors(double sum, double n, double[] up, double[] down) {
    double x = sum / n;
    double rise = x / Math.max(upper, EDGE) - 1;
    double fall = (1 - x) / Math.max(1 - lower, EDGE) - 1;
    for (int j = 0; j < ALTERNATIVES; j++) {
      up[j] = upper > 1 - EDGE ? FADING : 1 + LAMBDAS[j] * rise;
      down[j] = lower < EDGE ? FADING : 1 + LAMBDAS[j] * fall;
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
