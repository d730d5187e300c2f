package io.fqtfleet.streams;

import io.fqtfleet.schemas.Contract;
import io.fqtfleet.streams.ops.Metric;
import io.fqtfleet.streams.ops.Metrics;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import org.apache.kafka.streams.KafkaStreams;

/** The few values of Kafka Streams that an operator needs, over all threads and tasks. */
final class StreamsMetrics {
  /** Null while there is no topology. */
  private final Supplier<KafkaStreams> streams;

  private StreamsMetrics(Supplier<KafkaStreams> streams) {
    this.streams = streams;
  }

  static void tell(Metrics metrics, Supplier<KafkaStreams> supplier) {
    StreamsMetrics values = new StreamsMetrics(supplier);
    metrics.tell(Metric.BUILD, Contract.buildLabels(), () -> 1);
    metrics.tell(Metric.RUNNING, Map.of(), values::running);
    metrics.tell(Metric.FAILED_THREADS, Map.of(), () -> values.sum("failed-stream-threads"));
    metrics.tell(Metric.ALIVE_THREADS, Map.of(), () -> values.sum("alive-stream-threads"));
    metrics.tell(Metric.DROPPED_RECORDS, Map.of(), () -> values.sum("dropped-records-total"));
    metrics.tell(
        Metric.LAG,
        Map.of(),
        () -> values.all("records-lag-max").filter(Double::isFinite).max().orElse(0));
  }

  private double running() {
    KafkaStreams now = streams.get();
    return now != null && now.state() == KafkaStreams.State.RUNNING ? 1 : 0;
  }

  private double sum(String name) {
    return all(name).sum();
  }

  private DoubleStream all(String name) {
    KafkaStreams now = streams.get();
    if (now == null) {
      return DoubleStream.empty();
    }
    return now.metrics().values().stream()
        .filter(metric -> metric.metricName().name().equals(name))
        .mapToDouble(metric -> metric.metricValue() instanceof Number n ? n.doubleValue() : 0);
  }
}
