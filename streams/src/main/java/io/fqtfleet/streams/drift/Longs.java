package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/** Numbers in a fixed order that add up one by one. */
public final class Longs implements Part<Longs> {
  private final long[] values;

  public Longs(long... values) {
    this.values = values;
  }

  public long get(int index) {
    return values[index];
  }

  public void add(int index, long value) {
    values[index] += value;
  }

  @Override
  public Longs merge(Longs other) {
    for (int i = 0; i < values.length; i++) {
      values[i] += other.values[i];
    }
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(values.length);
    for (long value : values) {
      out.writeLong(value);
    }
  }

  public static Longs read(DataInput in) throws IOException {
    long[] values = new long[in.readInt()];
    for (int i = 0; i < values.length; i++) {
      values[i] = in.readLong();
    }
    return new Longs(values);
  }

  @Override
  public String toString() {
    return Arrays.toString(values);
  }
}
