package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * A distribution that adds up: counts and exact sums in {@value #BINS} bins of equal width; the
 * outermost bins hold what is beyond them, too.
 *
 * <p>Up to {@value #FEW} numbers are kept as they are, so that small cohorts lose nothing. What is
 * held is a function of the numbers alone, neither of their order nor of how they were split before
 * they were merged. A quantile of more numbers is off by at most a bin's width, if it lies within
 * the bins; of a bell curve of two bins' deviation by less than a tenth of that.
 */
public final class Histogram implements Part<Histogram> {
  public static final int BINS = 32;

  /** So many numbers are kept one by one: 1 KiB. */
  public static final int FEW = 128;

  private final double low;
  private final double width;
  private final int[] counts = new int[BINS];
  private final ExactSum[] sums = new ExactSum[BINS];
  private final ExactSum all = new ExactSum();
  private double[] few = new double[8];
  private int count;

  /**
   * @param low where the first bin begins
   */
  public Histogram(double low, double width) {
    this.low = low;
    this.width = width;
    Arrays.setAll(sums, b -> new ExactSum());
  }

  public void add(double value) {
    if (count < FEW) {
      few = count < few.length ? few : Arrays.copyOf(few, 2 * count);
      few[count] = value;
    }
    count++;
    all.add(value);
    int bin = (int) Math.max(0, Math.min(BINS - 1, Math.floor((value - low) / width)));
    counts[bin]++;
    sums[bin].add(value);
  }

  /** Adds all of the other, whose bins are the same. */
  @Override
  public Histogram merge(Histogram other) {
    if (other.low != low || other.width != width) {
      throw new IllegalArgumentException(
          "bins from %s by %s do not add to bins from %s by %s"
              .formatted(other.low, other.width, low, width));
    }
    if (count + other.count <= FEW) {
      few = Arrays.copyOf(few, count + Math.max(1, other.count));
      System.arraycopy(other.few, 0, few, count, other.count);
    }
    count += other.count;
    all.merge(other.all);
    for (int b = 0; b < BINS; b++) {
      counts[b] += other.counts[b];
      sums[b].merge(other.sums[b]);
    }
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeDouble(low);
    out.writeDouble(width);
    out.writeInt(count);
    for (int i = 0; i < count && count <= FEW; i++) {
      out.writeDouble(few[i]);
    }
    all.write(out);
    for (int b = 0; b < BINS; b++) {
      out.writeInt(counts[b]);
      sums[b].write(out);
    }
  }

  public static Histogram read(DataInput in) throws IOException {
    Histogram histogram = new Histogram(in.readDouble(), in.readDouble());
    histogram.count = in.readInt();
    histogram.few = new double[histogram.count <= FEW ? Math.max(1, histogram.count) : 1];
    for (int i = 0; i < histogram.count && histogram.count <= FEW; i++) {
      histogram.few[i] = in.readDouble();
    }
    histogram.all.merge(ExactSum.read(in));
    for (int b = 0; b < BINS; b++) {
      histogram.counts[b] = in.readInt();
      histogram.sums[b].merge(ExactSum.read(in));
    }
    return histogram;
  }

  public int count() {
    return count;
  }

  public double sum() {
    return all.value();
  }

  /** The middle number, of an even count the mean of both; NaN of none. */
  public double median() {
    if (count == 0 || count > FEW) {
      return quantile(0.5);
    }
    double[] sorted = sorted();
    return 0.5 * (sorted[(count - 1) / 2] + sorted[count / 2]);
  }

  /** The number below or at which this share of all lies; NaN of none. */
  public double quantile(double share) {
    if (count == 0) {
      return Double.NaN;
    }
    double rank = share * count;
    if (count <= FEW) {
      return sorted()[(int) Math.max(0, Math.ceil(rank) - 1)];
    }
    int bin = 0;
    double below = 0;
    while (bin < BINS - 1 && below + counts[bin] < rank) {
      below += counts[bin++];
    }
    // As if the bin's numbers were spread evenly around their mean.
    double part = counts[bin] == 0 ? 0.5 : (rank - below) / counts[bin];
    double mean = counts[bin] == 0 ? low + bin * width : sums[bin].value() / counts[bin];
    double from = bin == 0 ? Double.NEGATIVE_INFINITY : low + bin * width;
    double to = bin == BINS - 1 ? Double.POSITIVE_INFINITY : low + (bin + 1) * width;
    return Math.max(from, Math.min(to, mean + (part - 0.5) * width));
  }

  private double[] sorted() {
    double[] sorted = Arrays.copyOf(few, count);
    Arrays.sort(sorted);
    return sorted;
  }
}
