package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Foremost;
import io.fqtfleet.streams.drift.Part;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/** How many devices have something, the first few of them by weight and name, and since when. */
final class Top implements Part<Top> {
  /** As many as an alert names. */
  static final int NAMED = 10;

  private record Entry(String device, double weight) {}

  private final Foremost<Entry> first =
      new Foremost<>(
          Comparator.comparingDouble(Entry::weight).reversed().thenComparing(Entry::device), NAMED);
  private int count;
  private long sinceMs = Long.MAX_VALUE;

  /** By name. */
  void add(String device, long since) {
    add(device, 0, since);
  }

  /** The one with the greatest weight first. */
  void add(String device, double weight, long since) {
    first.add(new Entry(device, weight));
    count++;
    sinceMs = Math.min(sinceMs, since);
  }

  int count() {
    return count;
  }

  List<String> names() {
    return first.all().stream().map(Entry::device).toList();
  }

  /** The earliest of all; Long.MAX_VALUE of none. */
  long sinceMs() {
    return sinceMs;
  }

  @Override
  public Top merge(Top other) {
    first.merge(other.first);
    count += other.count;
    sinceMs = Math.min(sinceMs, other.sinceMs);
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(count);
    out.writeLong(sinceMs);
    out.writeInt(first.all().size());
    for (Entry entry : first.all()) {
      out.writeUTF(entry.device);
      out.writeDouble(entry.weight);
    }
  }

  static Top read(DataInput in) throws IOException {
    Top top = new Top();
    top.count = in.readInt();
    top.sinceMs = in.readLong();
    for (int i = in.readInt(); i > 0; i--) {
      top.first.add(new Entry(in.readUTF(), in.readDouble()));
    }
    return top;
  }
}
