package io.fqtfleet.streams.ops;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;

/**
 * What {@code /metrics} tells: the metrics of {@link Metric}, and of those that Micrometer binds to
 * the process and to Kafka's clients the ones of {@link BorrowedMetric}, so that their number stays
 * bounded.
 */
public final class Metrics implements AutoCloseable {
  private static final Set<String> OWN =
      Arrays.stream(Metric.values()).map(metric -> metric.meter).collect(Collectors.toSet());

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();

  /** The registry keeps no hold of what it reads. */
  private final List<DoubleSupplier> told = new CopyOnWriteArrayList<>();

  public Metrics() {
    registry
        .config()
        .meterFilter(
            MeterFilter.denyUnless(
                id -> OWN.contains(id.getName()) || BorrowedMetric.has(id.getName())));
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
  }

  /** Where counters and Kafka's clients are bound to. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Has a value read at each scrape. */
  public void tell(Metric metric, Map<String, String> labels, DoubleSupplier value) {
    List<Tag> tags = labels.entrySet().stream().map(l -> Tag.of(l.getKey(), l.getValue())).toList();
    told.add(value);
    if (metric.kind == Metric.Kind.COUNTER) {
      FunctionCounter.builder(metric.meter, value, DoubleSupplier::getAsDouble)
          .description(metric.meaning)
          .tags(tags)
          .register(registry);
    } else {
      Gauge.builder(metric.meter, value::getAsDouble)
          .description(metric.meaning)
          .tags(tags)
          .register(registry);
    }
  }

  /** In Prometheus' text format 0.0.4. */
  public String text() {
    return registry.scrape();
  }

  @Override
  public void close() {
    collections.close();
    registry.close();
  }
}
