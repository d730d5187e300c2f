package io.fqtfleet.streams.drift;

/**
 * A sum that does not depend on the order of what is added, nor on how it was split: integers in
 * units of 2^-32. Each number adds at most half a unit of error.
 */
public final class ExactSum {
  private static final double UNITS = 1L << 32;

  /** Larger numbers count as this; 2^21 of them fit. */
  private static final double MAX = 1 << 10;

  private long units;

  public void add(double value) {
    units += Math.round(Math.max(-MAX, Math.min(MAX, value)) * UNITS);
  }

  public void merge(ExactSum other) {
    units += other.units;
  }

  public double value() {
    return units / UNITS;
  }
}
