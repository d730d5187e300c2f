package io.fqtfleet.streams.drift;

/**
 * Bounds of a probability that hold at all times at once with probability 1 - beta.
 *
 * <p>The Krichevsky-Trofimov mixture is a martingale under the true p, and its regret against the
 * best p is at most ½ ln N + ln 2 (Krichevsky and Trofimov, 1981), so by Ville's inequality {@code
 * N·KL(S/N ‖ p) <= ln(1/beta) + ½ ln N + ln 2} for every N.
 */
public final class KtBound {
  /** Halvings of [0, 1]; 2^-40 is far below any sampling error. */
  private static final int HALVINGS = 40;

  /** Newton's method ends when a step is below this, or after so many steps. */
  private static final double STEP_MIN = 1e-13;

  private static final int STEPS_MAX = 50;

  private KtBound() {}

  /** Largest p that s successes of n do not contradict; 1 for n = 0. */
  public static double upper(double s, double n, double logInverseBeta) {
    if (n <= 0) {
      return 1;
    }
    double mean = s / n;
    double allowed = allowed(n, logInverseBeta);
    double start = mean + Math.sqrt(allowed / 2);
    return start < 1 ? newton(mean, allowed, start) : bisect(mean, allowed);
  }

  /**
   * From a p that Pinsker's inequality shows to be too large: the divergence is convex there, so
   * every step goes down and none passes the root.
   */
  private static double newton(double mean, double allowed, double start) {
    double p = start;
    for (int i = 0; i < STEPS_MAX; i++) {
      double step = (divergence(mean, p) - allowed) * p * (1 - p) / (p - mean);
      if (!(step > STEP_MIN)) {
        break;
      }
      p -= step;
    }
    return p;
  }

  private static double bisect(double mean, double allowed) {
    double low = mean;
    double high = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = 0.5 * (low + high);
      if (divergence(mean, middle) > allowed) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  /** Smallest p that s successes of n do not contradict; 0 for n = 0. */
  public static double lower(double s, double n, double logInverseBeta) {
    return 1 - upper(n - s, n, logInverseBeta);
  }

  private static double allowed(double n, double logInverseBeta) {
    return (logInverseBeta + 0.5 * PlainMath.log(Math.max(1, n)) + PlainMath.log(2)) / n;
  }

  /** Kullback-Leibler divergence of two Bernoulli distributions, nats. */
  static double divergence(double p, double q) {
    double sum = 0;
    if (p > 0) {
      sum += q <= 0 ? Double.POSITIVE_INFINITY : p * PlainMath.log(p / q);
    }
    if (p < 1) {
      sum += q >= 1 ? Double.POSITIVE_INFINITY : (1 - p) * PlainMath.log((1 - p) / (1 - q));
    }
    return sum;
  }
}
