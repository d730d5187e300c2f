package io.fqtfleet.streams.drift;

/**
 * Bennett's bound: of a variable with mean at most 0, second moment at most 1 and no value above b,
 * {@code ln E e^{λx} <= (e^{bλ} - 1 - bλ) / b²}.
 */
final class Bennett {
  /** Below this e^x - 1 - x loses digits and its series is used. */
  private static final double SMALL = 1.0 / 16;

  private Bennett() {}

  static double cumulant(double b, double lambda) {
    double x = b * lambda;
    // The first term left out is below 2^-28 of the sum.
    double excess =
        x < SMALL
            ? x * x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5 * (1 + x / 6))))
            : PlainMath.exp(x) - 1 - x;
    return excess / (b * b);
  }
}
