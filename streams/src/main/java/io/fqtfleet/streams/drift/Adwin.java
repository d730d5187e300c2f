package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * A window that drops its old part when the means of the parts differ by more than chance allows
 * (Bifet and Gavaldà 2007, ADWIN2, with the variance form of the cut): {@code ε = √(2·m·σ²·d) +
 * ⅔·d·m}, m the sum of the parts' reciprocal sizes, d = ln(2·ln W/δ). Buckets of 2^i values, at
 * most {@value #BUCKETS_MAX} of a size, hold sums and squared deviations; memory is O(log W). Cuts
 * are tried every {@code clock} values only.
 *
 * <p>The readings differ in which cuts are tried, in the smallest part, in what follows an alarm,
 * and in whether a fall counts.
 */
final class Adwin implements Detector {
  /** How others have understood the paper. */
  enum Reading {
    /** Parts of more than 6; the window goes on; an alarm only if the mean rose. */
    MOA,
    /** Parts of 5 or more; a new window after an alarm; both directions. */
    RIVER,
    /** River before its regression tests: the same, but no cut after the newest of a size. */
    OLD_RIVER
  }

  private static final int BUCKETS_MAX = 5;
  private static final int ROW_SLOTS = BUCKETS_MAX + 1;

  /** Sizes 2^0 .. 2^39: more values than a stream can have. */
  private static final int SIZES = 40;

  private static final int SMALLEST_PART = 5;
  private static final int GRACE = 10;

  private final Reading reading;
  private final double delta;
  private final int clock;

  // Size i has its buckets, oldest first, in slots i·6 .. i·6 + used[i] - 1.
  private final double[] sums = new double[SIZES * ROW_SLOTS];
  private final double[] deviations = new double[SIZES * ROW_SLOTS];
  private final int[] used = new int[SIZES];
  private int sizes = 1;

  private long rows;
  private long ticks;
  private double width;
  private double sum;
  private double squares;
  private double difference = Double.NaN;
  private double allowed = Double.NaN;
  private boolean alarmed;

  Adwin(Reading reading, double delta, int clock) {
    this.reading = reading;
    this.delta = delta;
    this.clock = clock;
  }

  @Override
  public boolean add(double value) {
    Detector.requireFinite(value);
    if (alarmed && reading != Reading.MOA) {
      restart();
    }
    rows++;
    ticks++;
    double before = width == 0 ? 0 : sum / width;
    insert(value);
    alarmed = false;
    if (ticks % clock == 0 && width > GRACE) {
      boolean cut = tryCuts();
      double firstDifference = difference;
      double firstAllowed = allowed;
      for (boolean again = cut; again; again = tryCuts()) {
        dropOldest();
      }
      difference = firstDifference;
      allowed = firstAllowed;
      alarmed = cut && (reading != Reading.MOA || sum / width > before);
    }
    return alarmed;
  }

  private void insert(double value) {
    width++;
    if (width > 1) {
      double distance = value - sum / (width - 1);
      squares += (width - 1) * distance * distance / width;
    }
    sum += value;
    append(0, value, 0);
    double size = 1;
    for (int i = 0; used[i] == ROW_SLOTS; i++) {
      int first = i * ROW_SLOTS;
      double distance = (sums[first] - sums[first + 1]) / size;
      append(
          i + 1,
          sums[first] + sums[first + 1],
          deviations[first] + deviations[first + 1] + size * distance * distance / 2);
      remove(i, 2);
      size *= 2;
    }
  }

  private void append(int i, double bucketSum, double bucketDeviation) {
    int slot = i * ROW_SLOTS + used[i]++;
    sums[slot] = bucketSum;
    deviations[slot] = bucketDeviation;
    sizes = Math.max(sizes, i + 1);
  }

  private void remove(int i, int buckets) {
    int first = i * ROW_SLOTS;
    used[i] -= buckets;
    System.arraycopy(sums, first + buckets, sums, first, used[i]);
    System.arraycopy(deviations, first + buckets, deviations, first, used[i]);
  }

  private void dropOldest() {
    int i = sizes - 1;
    int slot = i * ROW_SLOTS;
    double n = size(i);
    width -= n;
    sum -= sums[slot];
    double distance = sums[slot] / n - sum / width;
    squares -= deviations[slot] + n * width * distance * distance / (n + width);
    remove(i, 1);
    while (sizes > 1 && used[sizes - 1] == 0) {
      sizes--;
    }
  }

  private static double size(int i) {
    return 1L << i;
  }

  /** From the oldest bucket on; true at the first cut whose parts differ too much. */
  private boolean tryCuts() {
    double n0 = 0;
    double sum0 = 0;
    double d = PlainMath.log(2 * PlainMath.log(width) / delta);
    double smallest = reading == Reading.MOA ? SMALLEST_PART + 2 : SMALLEST_PART;
    int skipped = reading == Reading.OLD_RIVER ? 1 : 0;
    for (int i = sizes - 1; i >= 0; i--) {
      int tried = used[i] - (i == 0 ? 1 : skipped);
      for (int b = 0; b < tried; b++) {
        n0 += size(i);
        sum0 += sums[i * ROW_SLOTS + b];
        double n1 = width - n0;
        if (n0 >= smallest && n1 >= smallest) {
          double m = 1 / (n0 - SMALLEST_PART + 1) + 1 / (n1 - SMALLEST_PART + 1);
          allowed = Math.sqrt(2 * m * (squares / width) * d) + 2.0 / 3 * d * m;
          difference = Math.abs(sum0 / n0 - (sum - sum0) / n1);
          if (difference > allowed) {
            return true;
          }
        }
      }
    }
    return false;
  }

  double width() {
    return width;
  }

  double sum() {
    return sum;
  }

  /** Sum of the squared deviations from the window's mean. */
  double squares() {
    return squares;
  }

  /** Difference of the means at the first cut that was made, or at the last one tried. */
  @Override
  public double statistic() {
    return difference;
  }

  /** What chance allows there. */
  @Override
  public double threshold() {
    return allowed;
  }

  /** The first row of the window that is left. */
  @Override
  public long onset() {
    return rows - (long) width;
  }

  @Override
  public void restart() {
    Arrays.fill(used, 0);
    sizes = 1;
    ticks = 0;
    width = 0;
    sum = 0;
    squares = 0;
    difference = Double.NaN;
    allowed = Double.NaN;
    alarmed = false;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(rows);
    out.writeLong(ticks);
    out.writeDouble(width);
    out.writeDouble(sum);
    out.writeDouble(squares);
    out.writeDouble(difference);
    out.writeDouble(allowed);
    out.writeBoolean(alarmed);
    out.writeByte(sizes);
    for (int i = 0; i < sizes; i++) {
      out.writeByte(used[i]);
      for (int b = 0; b < used[i]; b++) {
        out.writeDouble(sums[i * ROW_SLOTS + b]);
        out.writeDouble(deviations[i * ROW_SLOTS + b]);
      }
    }
  }

  @Override
  public void read(DataInput in) throws IOException {
    rows = in.readLong();
    ticks = in.readLong();
    width = in.readDouble();
    sum = in.readDouble();
    squares = in.readDouble();
    difference = in.readDouble();
    allowed = in.readDouble();
    alarmed = in.readBoolean();
    Arrays.fill(used, 0);
    sizes = in.readUnsignedByte();
    for (int i = 0; i < sizes; i++) {
      used[i] = in.readUnsignedByte();
      for (int b = 0; b < used[i]; b++) {
        sums[i * ROW_SLOTS + b] = in.readDouble();
        deviations[i * ROW_SLOTS + b] = in.readDouble();
      }
    }
  }
}
