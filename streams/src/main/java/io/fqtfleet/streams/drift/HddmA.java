package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Hoeffding's bound on the difference between the mean so far and the mean up to the best cut
 * (Frías-Blanco et al. 2015, "Online and non-parametric drift detection methods based on
 * Hoeffding's bounds", A-test). The cut minimises c/n + √(ln(1/α)/(2n)); alarm when {@code c/n -
 * c₀/n₀ >= √((n - n₀)/(n₀·n)·ln(2/α)/2)}. Each comparison alone fails with probability α.
 */
final class HddmA implements Detector {
  /** What a fall of the mean does. */
  enum Fall {
    /** Nothing: River's default. */
    IGNORED,
    /** It starts a new epoch without an alarm: MOA's default. */
    RESTARTS,
    /** It is an alarm: River's two-sided test. */
    ALARMS
  }

  private final double alpha;
  private final Fall fall;
  private long rows;
  private long count;
  private double sum;
  private long lowCount;
  private double lowSum;
  private long highCount;
  private double highSum;
  private boolean alarmed;
  private boolean fallen;

  HddmA(double alpha, Fall fall) {
    this.alpha = alpha;
    this.fall = fall;
  }

  @Override
  public boolean add(double value) {
    Detector.requireUnit(value);
    if (alarmed || fallen) {
      restart();
    }
    rows++;
    count++;
    sum += value;
    cut();
    alarmed = rise() >= bound(lowCount);
    fallen = !alarmed && fall != Fall.IGNORED && drop() >= bound(highCount);
    alarmed |= fallen && fall == Fall.ALARMS;
    return alarmed;
  }

  private void cut() {
    double radius = radius(count);
    double mean = sum / count;
    if (lowCount == 0 || lowSum / lowCount + radius(lowCount) >= mean + radius) {
      lowCount = count;
      lowSum = sum;
    }
    if (highCount == 0 || highSum / highCount - radius(highCount) <= mean - radius) {
      highCount = count;
      highSum = sum;
    }
  }

  private double radius(double n) {
    return Math.sqrt(PlainMath.log(1 / alpha) / (2 * n));
  }

  private double rise() {
    return sum / count - lowSum / lowCount;
  }

  private double drop() {
    return highSum / highCount - sum / count;
  }

  /** Infinite while there is nothing after the cut. */
  private double bound(double n) {
    if (n == count) {
      return Double.POSITIVE_INFINITY;
    }
    return Math.sqrt((count - n) / n / count / 2 * PlainMath.log(2 / alpha));
  }

  private boolean downwards() {
    return fallen && fall == Fall.ALARMS;
  }

  @Override
  public double statistic() {
    return count == 0 ? Double.NaN : downwards() ? drop() : rise();
  }

  @Override
  public double threshold() {
    return count == 0 ? Double.NaN : bound(downwards() ? highCount : lowCount);
  }

  /** The row after the cut. */
  @Override
  public long onset() {
    return rows - count + (downwards() ? highCount : lowCount);
  }

  @Override
  public void restart() {
    count = 0;
    sum = 0;
    lowCount = 0;
    lowSum = 0;
    highCount = 0;
    highSum = 0;
    alarmed = false;
    fallen = false;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(rows);
    out.writeLong(count);
    out.writeDouble(sum);
    out.writeLong(lowCount);
    out.writeDouble(lowSum);
    out.writeLong(highCount);
    out.writeDouble(highSum);
    out.writeBoolean(alarmed);
    out.writeBoolean(fallen);
  }

  @Override
  public void read(DataInput in) throws IOException {
    rows = in.readLong();
    count = in.readLong();
    sum = in.readDouble();
    lowCount = in.readLong();
    lowSum = in.readDouble();
    highCount = in.readLong();
    highSum = in.readDouble();
    alarmed = in.readBoolean();
    fallen = in.readBoolean();
  }
}
