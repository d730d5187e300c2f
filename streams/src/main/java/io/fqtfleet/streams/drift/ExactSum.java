package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A sum that does not depend on the order of what is added, nor on how it was split: integers in
 * units of 2^-32. Each number adds at most half a unit of error.
 */
public final class ExactSum implements Part<ExactSum> {
  private static final double UNITS = 1L << 32;

  /** Larger numbers count as this; 2^21 of them fit. */
  private static final double MAX = 1 << 10;

  private long units;

  public void add(double value) {
    units += Math.round(Math.max(-MAX, Math.min(MAX, value)) * UNITS);
  }

  @Override
  public ExactSum merge(ExactSum other) {
    units += other.units;
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(units);
  }

  public static ExactSum read(DataInput in) throws IOException {
    ExactSum sum = new ExactSum();
    sum.units = in.readLong();
    return sum;
  }

  public double value() {
    return units / UNITS;
  }
}
