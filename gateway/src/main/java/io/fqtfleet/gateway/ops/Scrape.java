package io.fqtfleet.gateway.ops;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The values of one scrape, read from consistent copies of the counters: what one session tells at
 * one moment adds up. Used by one thread.
 */
public final class Scrape {
  /** Bounds and sum in ms, told in seconds; counts are not cumulative, the last is open. */
  public record Histogram(double[] boundsMs, long[] counts, double sumMs) {}

  private static final double MS_PER_SECOND = 1e3;

  private final Map<Metric, CounterSnapshot.Builder> counters = new EnumMap<>(Metric.class);
  private final Map<Metric, GaugeSnapshot.Builder> gauges = new EnumMap<>(Metric.class);
  private final Map<Metric, HistogramSnapshot.Builder> histograms = new EnumMap<>(Metric.class);

  /** A value of a counter or gauge. */
  public void add(Metric metric, Map<String, String> labels, long value) {
    if (metric.kind == Metric.Kind.COUNTER) {
      counters
          .computeIfAbsent(metric, m -> CounterSnapshot.builder().name(m.base()).help(m.meaning))
          .dataPoint(
              CounterSnapshot.CounterDataPointSnapshot.builder()
                  .labels(checked(metric, labels))
                  .value(value)
                  .build());
    } else {
      gauges
          .computeIfAbsent(metric, m -> GaugeSnapshot.builder().name(m.base()).help(m.meaning))
          .dataPoint(
              GaugeSnapshot.GaugeDataPointSnapshot.builder()
                  .labels(checked(metric, labels))
                  .value(value)
                  .build());
    }
  }

  public void add(Metric metric, Map<String, String> labels, Histogram h) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < h.counts.length; i++) {
      double bound =
          i < h.boundsMs.length ? h.boundsMs[i] / MS_PER_SECOND : Double.POSITIVE_INFINITY;
      buckets.bucket(bound, h.counts[i]);
    }
    histograms
        .computeIfAbsent(metric, m -> HistogramSnapshot.builder().name(m.base()).help(m.meaning))
        .dataPoint(
            HistogramSnapshot.HistogramDataPointSnapshot.builder()
                .labels(checked(metric, labels))
                .classicHistogramBuckets(buckets.build())
                .sum(h.sumMs / MS_PER_SECOND)
                .build());
  }

  /** In the order of the names. */
  MetricSnapshots snapshots() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    counters.values().forEach(counter -> all.metricSnapshot(counter.build()));
    gauges.values().forEach(gauge -> all.metricSnapshot(gauge.build()));
    histograms.values().forEach(histogram -> all.metricSnapshot(histogram.build()));
    return all.build();
  }

  /** The reference names the labels, so nothing else may come. */
  private static Labels checked(Metric metric, Map<String, String> labels) {
    Map<String, String> sorted = new TreeMap<>(labels);
    if (!metric.labels.equals(String.join(", ", sorted.keySet()))) {
      throw new IllegalArgumentException(
          "%s has the labels '%s', not %s".formatted(metric.exposed, metric.labels, sorted));
    }
    return Labels.of(
        sorted.keySet().toArray(String[]::new), sorted.values().toArray(String[]::new));
  }
}
