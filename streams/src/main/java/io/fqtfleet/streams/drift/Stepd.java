package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Test of equal proportions between the last {@code window} values and all older ones of the epoch
 * (Nishida and Yamauchi 2007, "Detecting concept drift using statistical testing"): {@code T =
 * (|r_o/n_o - r_r/n_r| - ½(1/n_o + 1/n_r)) / √(p(1-p)(1/n_o + 1/n_r))}; alarm when errors are more
 * frequent now and the two-sided P(T) is below α.
 */
final class Stepd implements Detector {
  private final int window;
  private final double alpha;
  private final boolean falls;
  private final boolean[] recent;
  private long rows;
  private long seen;
  private long errors;
  private int recentErrors;
  private double minusLogP = Double.NaN;
  private boolean alarmed;

  /**
   * @param falls whether fewer errors are an alarm as well, as in MOA
   */
  Stepd(int window, double alpha, boolean falls) {
    this.window = window;
    this.alpha = alpha;
    this.falls = falls;
    this.recent = new boolean[window];
  }

  @Override
  public boolean add(double value) {
    if (value != 0 && value != 1) {
      throw new IllegalArgumentException("value " + value + " is neither 0 nor 1");
    }
    if (alarmed) {
      restart();
    }
    boolean error = value == 1;
    int slot = (int) (seen % window);
    if (recent[slot]) {
      recentErrors--;
    }
    recent[slot] = error;
    if (error) {
      errors++;
      recentErrors++;
    }
    seen++;
    rows++;
    alarmed = seen >= 2L * window && test();
    return alarmed;
  }

  private boolean test() {
    double recentN = window;
    double oldN = seen - window;
    double oldErrors = errors - recentErrors;
    double inverse = 1 / oldN + 1 / recentN;
    double p = errors / (double) seen;
    double difference = Math.abs(oldErrors / oldN - recentErrors / recentN) - 0.5 * inverse;
    double t = difference / Math.sqrt(p * (1 - p) * inverse);
    minusLogP = -PlainMath.log(tail(t));
    boolean rising = recentErrors / recentN > oldErrors / oldN;
    return minusLogP > threshold() && (rising || falls);
  }

  /**
   * Two-sided tail of the normal distribution, P(|Z| > t), 1 for t <= 0: erfc(t/√2) after
   * Abramowitz and Stegun 7.1.26 would be off by 1e-7, so Numerical Recipes' Chebyshev fit is used
   * (relative error below 1.2e-7 everywhere).
   */
  static double tail(double t) {
    if (!(t > 0)) {
      return 1;
    }
    double z = t / Math.sqrt(2);
    double u = 1 / (1 + 0.5 * z);
    double[] c = CHEBYSHEV;
    double sum = 0;
    for (int i = c.length - 1; i >= 0; i--) {
      sum = sum * u + c[i];
    }
    return u * PlainMath.exp(-z * z + sum);
  }

  private static final double[] CHEBYSHEV = {
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806,
    0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277
  };

  /** -ln P. */
  @Override
  public double statistic() {
    return minusLogP;
  }

  /** -ln α. */
  @Override
  public double threshold() {
    return -PlainMath.log(alpha);
  }

  /** The first row of the window. */
  @Override
  public long onset() {
    return rows - window;
  }

  @Override
  public void restart() {
    Arrays.fill(recent, false);
    seen = 0;
    errors = 0;
    recentErrors = 0;
    minusLogP = Double.NaN;
    alarmed = false;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(rows);
    out.writeLong(seen);
    out.writeLong(errors);
    out.writeInt(recentErrors);
    out.writeDouble(minusLogP);
    out.writeBoolean(alarmed);
    int bits = 0;
    for (int i = 0; i < window; i++) {
      bits = bits << 1 | (recent[i] ? 1 : 0);
      if (i % Byte.SIZE == Byte.SIZE - 1 || i == window - 1) {
        out.writeByte(bits);
        bits = 0;
      }
    }
  }

  @Override
  public void read(DataInput in) throws IOException {
    rows = in.readLong();
    seen = in.readLong();
    errors = in.readLong();
    recentErrors = in.readInt();
    minusLogP = in.readDouble();
    alarmed = in.readBoolean();
    for (int start = 0; start < window; start += Byte.SIZE) {
      int bits = in.readUnsignedByte();
      int last = Math.min(window, start + Byte.SIZE) - 1;
      for (int i = last; i >= start; i--) {
        recent[i] = (bits & 1) == 1;
        bits >>= 1;
      }
    }
  }
}
