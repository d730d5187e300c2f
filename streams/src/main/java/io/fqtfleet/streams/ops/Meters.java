package io.fqtfleet.streams.ops;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts by name and labels, from any thread. Work that a broken transaction makes the program
 * repeat is counted again: these are efforts, the topics hold the truth.
 */
public final class Meters {
  private record Id(String name, Map<String, String> labels) {}

  private final MeterRegistry registry;

  /** A look-up in the registry would cost more than what is counted. */
  private final ConcurrentHashMap<Id, Counter> counters = new ConcurrentHashMap<>();

  /** Counts that nobody is told. */
  public Meters() {
    this(new SimpleMeterRegistry());
  }

  public Meters(MeterRegistry registry) {
    this.registry = registry;
  }

  public void count(String name, String label, String value) {
    count(name, Map.of(label, value));
  }

  /**
   * @throws IllegalArgumentException if {@link Metric} has no such counter with these labels
   */
  public void count(String name, Map<String, String> labels) {
    counters.computeIfAbsent(new Id(name, labels), this::register).increment();
  }

  public long value(String name, Map<String, String> labels) {
    Counter counter = counters.get(new Id(name, labels));
    return counter == null ? 0 : (long) counter.count();
  }

  private Counter register(Id id) {
    Metric metric = Metric.counter(id.name());
    if (!metric.labels.equals(String.join(", ", new TreeSet<>(id.labels().keySet())))) {
      throw new IllegalArgumentException(
          "%s has the labels '%s', not %s".formatted(id.name(), metric.labels, id.labels()));
    }
    Tags tags = Tags.empty();
    for (Map.Entry<String, String> label : id.labels().entrySet()) {
      tags = tags.and(label.getKey(), label.getValue());
    }
    return Counter.builder(metric.meter).description(metric.meaning).tags(tags).register(registry);
  }
}
