package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * How many devices their own evidence names, of those that are looked at together: e-d-BH
 * (Dandapanthula and Ramdas 2025, arXiv 2501.04130). With M_(1) >= M_(2) >= ... of K devices it is
 * the largest k with M_(k) >= K/(α k). The share of wrong names is at most α times the rounds that
 * are looked at, under any dependence, because E M_t <= t; so α = rate / rounds per day. It must be
 * asked with the evidence of now, never with its largest value so far.
 */
public final class Discoveries implements Part<Discoveries> {
  private static final double DAY_MS = 86_400_000.0;

  /** Of more devices than are kept one by one, a quarter of a nat each, from e^-12 to e^52. */
  private static final int BINS = 256;

  private static final double LOW = -12;
  private static final double WIDTH = 0.25;

  private final int[] counts = new int[BINS];
  private final double[] few = new double[Histogram.FEW];
  private int devices;

  /**
   * @param log ln M of a device of the family
   */
  public void add(double log) {
    if (devices < Histogram.FEW) {
      few[devices] = log;
    }
    devices++;
    counts[(int) Math.max(0, Math.min(BINS - 1, Math.floor((log - LOW) / WIDTH)))]++;
  }

  @Override
  public Discoveries merge(Discoveries other) {
    if (devices + other.devices <= Histogram.FEW) {
      System.arraycopy(other.few, 0, few, devices, other.devices);
    }
    devices += other.devices;
    for (int b = 0; b < BINS; b++) {
      counts[b] += other.counts[b];
    }
    return this;
  }

  /**
   * How many are named; of more than {@link Histogram#FEW} devices one counts with its bin's lower
   * edge, so rather fewer than more.
   *
   * @param falseDiscoveryRate expected share of wrong names per day
   */
  public int count(double falseDiscoveryRate, int roundMs) {
    double logAlpha = PlainMath.log(falseDiscoveryRate * roundMs / DAY_MS);
    if (devices > Histogram.FEW) {
      return countBins(PlainMath.log(devices) - logAlpha);
    }
    double[] sorted = Arrays.copyOf(few, devices);
    Arrays.sort(sorted);
    for (int k = devices; k > 0; k--) {
      if (sorted[devices - k] >= PlainMath.log(devices) - logAlpha - PlainMath.log(k)) {
        return k;
      }
    }
    return 0;
  }

  private int countBins(double logLimit) {
    int most = 0;
    int above = 0;
    for (int b = BINS - 1; b > 0; b--) {
      above += counts[b];
      if (above > 0 && LOW + b * WIDTH >= logLimit - PlainMath.log(above)) {
        most = above;
      }
    }
    return most;
  }

  /**
   * @param logs ln M of every device of the family, in any order
   */
  public static int count(double[] logs, double falseDiscoveryRate, int roundMs) {
    Discoveries all = new Discoveries();
    for (double log : logs) {
      all.add(log);
    }
    return all.count(falseDiscoveryRate, roundMs);
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(devices);
    for (int i = 0; i < devices && devices <= Histogram.FEW; i++) {
      out.writeDouble(few[i]);
    }
    for (int count : counts) {
      out.writeInt(count);
    }
  }

  public static Discoveries read(DataInput in) throws IOException {
    Discoveries all = new Discoveries();
    all.devices = in.readInt();
    for (int i = 0; i < all.devices && all.devices <= Histogram.FEW; i++) {
      all.few[i] = in.readDouble();
    }
    for (int b = 0; b < BINS; b++) {
      all.counts[b] = in.readInt();
    }
    return all;
  }
}
