package io.fqtfleet.streams.ops;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts by name and labels, from any thread. Work that a broken transaction makes the program
 * repeat is counted again: these are efforts, the topics hold the truth.
 */
public final class Meters {
  /** A counter's name and labels. */
  public record Id(String name, Map<String, String> labels) {}

  private final ConcurrentHashMap<Id, LongAdder> counters = new ConcurrentHashMap<>();

  public void count(String name, String label, String value) {
    count(name, Map.of(label, value));
  }

  public void count(String name, Map<String, String> labels) {
    counters.computeIfAbsent(new Id(name, labels), id -> new LongAdder()).increment();
  }

  public long value(String name, Map<String, String> labels) {
    LongAdder adder = counters.get(new Id(name, labels));
    return adder == null ? 0 : adder.sum();
  }

  /** All counters, sorted by name and labels. */
  public Map<Id, Long> values() {
    Map<Id, Long> values =
        new TreeMap<>(
            java.util.Comparator.comparing(Id::name)
                .thenComparing(id -> new TreeMap<>(id.labels()).toString()));
    counters.forEach((id, adder) -> values.put(id, adder.sum()));
    return values;
  }
}
