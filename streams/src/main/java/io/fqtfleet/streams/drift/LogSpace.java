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

  private LogSpace() {}

  /** ln(1 + e^l). */
  public static double onePlus(double l) {
    return l > LARGE ? l : Math.log(1 + Math.exp(l));
  }

  /** ln(e^a + e^b). */
  public static double add(double a, double b) {
    double high = Math.max(a, b);
    return high == ZERO ? ZERO : high + Math.log(1 + Math.exp(Math.min(a, b) - high));
  }

  /** ln((e^l0 + e^l1 + ...) / n). */
  public static double mean(double[] logs) {
    double sum = ZERO;
    for (double l : logs) {
      sum = add(sum, l);
    }
    return sum - Math.log(logs.length);
  }
}
