package io.fqtfleet.sim.signal;

import java.nio.charset.StandardCharsets;

/**
 * The only source of randomness in a simulation: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014),
 * seeded from a scenario's seed and names. Fixed here and not taken from the JDK so that a seed
 * gives the same fleet on every Java version.
 */
public final class Chance {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** Standard deviation of the sum of four independent uniform 16-bit integers. */
  private static final double LANE_SUM_DEVIATION =
      StrictMath.sqrt(4 * (65536.0 * 65536.0 - 1) / 12);

  private static final int LANE_SUM_MEAN = 2 * 0xFFFF;

  private long state;

  public Chance(long seed) {
    this.state = seed;
  }

  /** A seed for a named part of whatever has {@code seed}. */
  public static long seed(long seed, String part) {
    long mixed = seed;
    for (byte b : part.getBytes(StandardCharsets.UTF_8)) {
      mixed = mix(mixed ^ (b & 0xFF));
    }
    return mix(mixed + GOLDEN);
  }

  /** A seed for a numbered part of whatever has {@code seed}. */
  public static long seed(long seed, long part) {
    return mix(mix(seed + GOLDEN) ^ mix(part * GOLDEN + 1));
  }

  /** Starts again from a seed: one object serves many windows. */
  void restart(long seed) {
    state = seed;
  }

  public long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  /** Uniform in [0, 1). */
  public double uniform() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** Uniform in [0, bound); bound is at most 2^31, so the bias stays below 2^-32. */
  public int below(int bound) {
    return (int) ((nextLong() >>> 32) * bound >>> 32);
  }

  /**
   * Mean 0, deviation 1, within +-3.46: the sum of four uniform values (Irwin-Hall), near enough to
   * a normal distribution for noise and jitter and an order of magnitude cheaper.
   */
  public double bell() {
    long bits = nextLong();
    long pairs = (bits & 0x0000FFFF0000FFFFL) + (bits >>> 16 & 0x0000FFFF0000FFFFL);
    int sum = (int) (pairs & 0xFFFFFFFFL) + (int) (pairs >>> 32);
    return (sum - LANE_SUM_MEAN) / LANE_SUM_DEVIATION;
  }

  private static long mix(long value) {
    long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
