package io.fqtfleet.streams.drift;

import java.math.BigDecimal;

/**
 * Exponential and logarithm of additions, multiplications, divisions and exact scalings alone.
 *
 * <p>IEEE 754 fixes the result of each of those, so a decision comes out the same on every machine
 * and Java version. {@link Math#exp} and {@link Math#log} may differ by a unit in the last place
 * between processors; {@link StrictMath} does not, but costs several times as much. Both functions
 * are within 2 units in the last place of the true value.
 */
public final class PlainMath {
  /** Parts of an octave in the table of powers of two. */
  private static final int PARTS = 32;

  private static final int PART_BITS = 5;
  private static final double[] POWERS = new double[PARTS];
  private static final double PARTS_PER_NAT = PARTS / StrictMath.log(2);

  /** ln 2 to 40 digits: the high half times an integer below 2^20 is exact. */
  private static final BigDecimal LN_2 =
      new BigDecimal("0.6931471805599453094172321214581765680755");

  private static final double LN_2_HIGH =
      Double.longBitsToDouble(Double.doubleToRawLongBits(LN_2.doubleValue()) & -1L << 32);
  private static final double LN_2_LOW = LN_2.subtract(new BigDecimal(LN_2_HIGH)).doubleValue();
  private static final double PART_HIGH = LN_2_HIGH / PARTS;
  private static final double PART_LOW = LN_2_LOW / PARTS;

  /** Beyond these e^x is no normal double. */
  private static final double EXP_MAX = 709;

  private static final double EXP_MIN = -708;

  private static final int BIAS = 1023;
  private static final int MANTISSA_BITS = 52;
  private static final long MANTISSA = (1L << MANTISSA_BITS) - 1;
  private static final double SQRT_2 = Math.sqrt(2);

  static {
    for (int i = 0; i < PARTS; i++) {
      POWERS[i] = StrictMath.pow(2, (double) i / PARTS);
    }
  }

  private PlainMath() {}

  /** e^x; 0 below e^{@value #EXP_MIN}, infinite above e^{@value #EXP_MAX}. */
  public static double exp(double x) {
    if (!(x > EXP_MIN && x < EXP_MAX)) {
      return Double.isNaN(x) ? x : x > 0 ? Double.POSITIVE_INFINITY : 0;
    }
    double steps = Math.rint(x * PARTS_PER_NAT);
    int n = (int) steps;
    double r = x - steps * PART_HIGH - steps * PART_LOW;
    // |r| <= ln 2 / 64: the first term left out is below 2^-57.
    double square = r * r;
    double high = 1.0 / 24 + r * (1.0 / 120) + square * (1.0 / 720);
    double p = r + square * (0.5 + r * (1.0 / 6) + square * high);
    double power = POWERS[n & PARTS - 1];
    double scale = Double.longBitsToDouble((long) ((n >> PART_BITS) + BIAS) << MANTISSA_BITS);
    return (power + power * p) * scale;
  }

  /** Natural logarithm; minus infinity of 0, NaN of a negative number. */
  public static double log(double x) {
    if (!(x >= Double.MIN_NORMAL && x < Double.POSITIVE_INFINITY)) {
      return logOfSpecial(x);
    }
    long bits = Double.doubleToRawLongBits(x);
    int k = (int) (bits >> MANTISSA_BITS) - BIAS;
    double m = Double.longBitsToDouble(bits & MANTISSA | (long) BIAS << MANTISSA_BITS);
    if (m > SQRT_2) {
      m *= 0.5;
      k++;
    }
    // ln m = 2·(s + s³/3 + s⁵/5 + ...), |s| <= 0.172; the first term left out is below 2^-60.
    double s = (m - 1) / (m + 1);
    double z = s * s;
    double z2 = z * z;
    double z4 = z2 * z2;
    double low = 1.0 / 3 + z * (1.0 / 5) + z2 * (1.0 / 7 + z * (1.0 / 9));
    double middle = 1.0 / 11 + z * (1.0 / 13) + z2 * (1.0 / 15 + z * (1.0 / 17));
    double high = 1.0 / 19 + z * (1.0 / 21);
    double tail = 2 * s * z * (low + z4 * (middle + z4 * high));
    return k * LN_2_HIGH + (2 * s + (tail + k * LN_2_LOW));
  }

  private static double logOfSpecial(double x) {
    if (x == 0) {
      return Double.NEGATIVE_INFINITY;
    }
    // Subnormal numbers are rare enough to be slow; infinity, NaN and negatives are as usual.
    return StrictMath.log(x);
  }
}
