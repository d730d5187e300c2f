package io.fqtfleet.streams.drift;

import java.util.Arrays;

/**
 * How many devices their own evidence names, of those that are looked at together: e-d-BH
 * (Dandapanthula and Ramdas 2025, arXiv 2501.04130). With M_(1) >= M_(2) >= ... of K devices it is
 * the largest k with M_(k) >= K/(α k). The share of wrong names is at most α times the rounds that
 * are looked at, under any dependence, because E M_t <= t; so α = rate / rounds per day. It must be
 * asked with the evidence of now, never with its largest value so far.
 */
public final class Discoveries {
  private static final double DAY_MS = 86_400_000.0;

  private Discoveries() {}

  /**
   * @param logs ln M of every device of the family, in any order
   * @param falseDiscoveryRate expected share of wrong names per day
   */
  public static int count(double[] logs, double falseDiscoveryRate, int roundMs) {
    double[] sorted = logs.clone();
    Arrays.sort(sorted);
    int devices = sorted.length;
    double logAlpha = PlainMath.log(falseDiscoveryRate * roundMs / DAY_MS);
    for (int k = devices; k > 0; k--) {
      if (sorted[devices - k] >= PlainMath.log(devices) - logAlpha - PlainMath.log(k)) {
        return k;
      }
    }
    return 0;
  }
}
