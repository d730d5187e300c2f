package io.fqtfleet.streams;

import io.fqtfleet.streams.ops.Meters;
import io.fqtfleet.streams.ops.MetricsText;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.streams.KafkaStreams;

/** Our counters and the few of Kafka Streams that an operator needs. */
final class StreamsMetrics {
  /** Names of Kafka's metrics whose values are summed over threads and tasks. */
  private static final Set<String> SUMMED =
      Set.of("failed-stream-threads", "alive-stream-threads", "dropped-records-total");

  private StreamsMetrics() {}

  static void write(MetricsText text, Meters meters, Supplier<KafkaStreams> supplier) {
    meters
        .values()
        .forEach(
            (id, value) ->
                text.counter(
                    "fqt_streams_" + id.name() + "_total",
                    "Counted by the topology, repeated work included.",
                    id.labels(),
                    value));
    KafkaStreams streams = supplier.get();
    if (streams == null) {
      return;
    }
    text.gauge(
        "fqt_streams_running",
        "1 while the topology serves.",
        Map.of(),
        streams.state() == KafkaStreams.State.RUNNING ? 1 : 0);
    for (String name : SUMMED.stream().sorted().toList()) {
      double sum =
          streams.metrics().values().stream()
              .filter(m -> m.metricName().name().equals(name))
              .mapToDouble(m -> m.metricValue() instanceof Number n ? n.doubleValue() : 0)
              .sum();
      text.gauge(
          "fqt_streams_" + name.replace('-', '_'), "Of Kafka Streams.", Map.of(), (long) sum);
    }
    double lag =
        streams.metrics().values().stream()
            .filter(m -> m.metricName().name().equals("records-lag-max"))
            .mapToDouble(m -> m.metricValue() instanceof Number n ? n.doubleValue() : 0)
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    text.gauge("fqt_streams_records_lag_max", "Records not yet read.", Map.of(), (long) lag);
  }
}
