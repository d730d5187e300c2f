package io.fqtfleet.streams.drift;

/**
 * Sums of numbers that are known by their natural logarithms. {@code log(1 + x)}, not {@code
 * log1p(x)}: the error is at most 2^-53, and only the former is an intrinsic of the JVM.
 */
public final class LogSpace {
  /** Logarithm of zero. */
  public static final double ZERO = Double.NEGATIVE_INFINITY;

  /** Above this ln(1 + e^l) equals l to the last bit. */
  private static final double LARGE = 40;

  private static final double LN_2 = PlainMath.log(2);

  private LogSpace() {}

  /** Whether ln(value) reaches a threshold; most values are far below and cost no logarithm. */
  public static boolean reaches(double value, double logThreshold) {
    return (Math.getExponent(value) + 1) * LN_2 >= logThreshold
        && PlainMath.log(value) >= logThreshold;
  }

  /** ln(1 + e^l), to 2e-16. */
  public static double onePlus(double l) {
    return l > LARGE ? l : PlainMath.log(1 + PlainMath.exp(l));
  }

  /** ln(e^a + e^b). */
  public static double add(double a, double b) {
    double high = Math.max(a, b);
    return high == ZERO ? ZERO : high + PlainMath.log(1 + PlainMath.exp(Math.min(a, b) - high));
  }

  /** ln((e^l0 + e^l1 + ...) / n). */
  public static double mean(double[] logs) {
    return sum(logs, logs.length) - PlainMath.log(logs.length);
  }

  /** ln(e^l0 + e^l1 + ...) of the first so many. */
  public static double sum(double[] logs, int count) {
    double high = ZERO;
    for (int i = 0; i < count; i++) {
      high = Math.max(high, logs[i]);
    }
    if (high == ZERO) {
      return ZERO;
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += PlainMath.exp(logs[i] - high);
    }
    return high + PlainMath.log(sum);
  }
}
