package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.round.CardBytes.Reader;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Summaries by name: of each attribute that devices have, say. */
final class Named<T extends Part<T>> implements Part<Named<T>> {
  private final TreeMap<String, T> parts = new TreeMap<>();

  /** The summary of this name, made if there is none yet. */
  T of(String name, Supplier<T> none) {
    return parts.computeIfAbsent(name, n -> none.get());
  }

  SortedMap<String, T> all() {
    return parts;
  }

  @Override
  public Named<T> merge(Named<T> other) {
    other.parts.forEach((name, part) -> parts.merge(name, part, Part::merge));
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(parts.size());
    for (Map.Entry<String, T> entry : parts.entrySet()) {
      out.writeUTF(entry.getKey());
      entry.getValue().write(out);
    }
  }

  static <T extends Part<T>> Named<T> read(DataInput in, Reader<T> reader) throws IOException {
    Named<T> named = new Named<>();
    for (int i = in.readInt(); i > 0; i--) {
      named.parts.put(in.readUTF(), reader.read(in));
    }
    return named;
  }
}
