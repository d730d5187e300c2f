package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Evidence of many devices, M as ln M, that adds up: counts and exact sums in {@value #BINS} bins
 * of {@value #WIDTH} nats, the sums in units of 2^-40 of a bin's upper edge. Up to {@link
 * Histogram#FEW} devices are kept one by one. As with {@link Histogram} neither order nor splitting
 * matters.
 */
public final class EvidenceSum implements Part<EvidenceSum> {
  private static final int BINS = Histogram.BINS;
  private static final double WIDTH = 2.5;

  /** The first bin also holds all below; the last one ends at e^68, far above any threshold. */
  private static final double LOW = -12;

  /** 2^22 devices of one bin fit. */
  private static final double UNITS = 1L << 40;

  private final int[] counts = new int[BINS];
  private final long[] sums = new long[BINS];
  private double[] few = new double[8];
  private int count;

  public void add(double log) {
    if (count < Histogram.FEW) {
      few = count < few.length ? few : Arrays.copyOf(few, 2 * count);
      few[count] = log;
    }
    count++;
    int bin = (int) Math.max(0, Math.min(BINS - 1, Math.floor((log - LOW) / WIDTH)));
    counts[bin]++;
    sums[bin] += Math.round(Math.min(1, PlainMath.exp(log - edge(bin))) * UNITS);
  }

  private static double edge(int bin) {
    return LOW + (bin + 1) * WIDTH;
  }

  @Override
  public EvidenceSum merge(EvidenceSum other) {
    if (count + other.count <= Histogram.FEW) {
      few = Arrays.copyOf(few, count + Math.max(1, other.count));
      System.arraycopy(other.few, 0, few, count, other.count);
    }
    count += other.count;
    for (int b = 0; b < BINS; b++) {
      counts[b] += other.counts[b];
      sums[b] += other.sums[b];
    }
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(count);
    for (int i = 0; i < count && count <= Histogram.FEW; i++) {
      out.writeDouble(few[i]);
    }
    for (int b = 0; b < BINS; b++) {
      out.writeInt(counts[b]);
      out.writeLong(sums[b]);
    }
  }

  public static EvidenceSum read(DataInput in) throws IOException {
    EvidenceSum sum = new EvidenceSum();
    sum.count = in.readInt();
    sum.few = new double[sum.count <= Histogram.FEW ? Math.max(1, sum.count) : 1];
    for (int i = 0; i < sum.count && sum.count <= Histogram.FEW; i++) {
      sum.few[i] = in.readDouble();
    }
    for (int b = 0; b < BINS; b++) {
      sum.counts[b] = in.readInt();
      sum.sums[b] = in.readLong();
    }
    return sum;
  }

  public int count() {
    return count;
  }

  /**
   * ln of the devices' mean without the largest few. It is below the mean of all, which is an
   * e-detector under any dependence, so its false alarms are bounded as well.
   */
  public double trimmedMean() {
    if (count < CohortSignals.DEVICES_MIN) {
      return LogSpace.ZERO;
    }
    int without = CohortSignals.trimmed(count);
    if (count <= Histogram.FEW) {
      double[] sorted = Arrays.copyOf(few, count);
      Arrays.sort(sorted);
      return LogSpace.sum(sorted, count - without) - PlainMath.log(count);
    }
    double sum = LogSpace.ZERO;
    for (int b = BINS - 1; b >= 0; b--) {
      int left = Math.max(0, counts[b] - without);
      without -= counts[b] - left;
      if (left > 0 && sums[b] > 0) {
        // Of the bin that is cut, what is left counts with the bin's mean: no less than it is.
        double share = (double) left / counts[b];
        sum = LogSpace.add(sum, edge(b) + PlainMath.log(share * (sums[b] / UNITS)));
      }
    }
    return sum - PlainMath.log(count);
  }
}
