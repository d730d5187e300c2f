package io.fqtfleet.gateway.ops;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import java.util.function.Consumer;

/**
 * What {@code /metrics} tells: our own metrics as they are at the scrape, and of those that
 * Micrometer binds to the process and to Kafka's clients the ones of {@link BorrowedMetric}, so
 * that their number stays bounded.
 */
public final class Metrics implements AutoCloseable {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics collections = new JvmGcMetrics();

  public Metrics() {
    registry.config().meterFilter(MeterFilter.denyUnless(id -> BorrowedMetric.has(id.getName())));
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
  }

  /** Where Kafka's clients are bound to. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Has our own values read at each scrape. */
  public void tell(Consumer<Scrape> own) {
    MultiCollector collector =
        () -> {
          Scrape scrape = new Scrape();
          own.accept(scrape);
          return scrape.snapshots();
        };
    registry.getPrometheusRegistry().register(collector);
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
