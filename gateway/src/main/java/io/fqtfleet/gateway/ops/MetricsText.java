package io.fqtfleet.gateway.ops;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Metrics in Prometheus' text format 0.0.4, each family once. Used by one thread. */
public final class MetricsText {
  /** Bounds and sum in ms, written in seconds; counts are not cumulative, the last is open. */
  public record Histogram(double[] boundsMs, long[] counts, double sumMs) {}

  private final Map<String, StringBuilder> families = new LinkedHashMap<>();

  public void counter(String name, String help, Map<String, String> labels, long value) {
    family(name, help, "counter")
        .append(name)
        .append(text(labels))
        .append(' ')
        .append(value)
        .append('\n');
  }

  public void gauge(String name, String help, Map<String, String> labels, long value) {
    family(name, help, "gauge")
        .append(name)
        .append(text(labels))
        .append(' ')
        .append(value)
        .append('\n');
  }

  public void histogram(String name, String help, Map<String, String> labels, Histogram h) {
    StringBuilder out = family(name, help, "histogram");
    long cumulative = 0;
    for (int i = 0; i < h.counts.length; i++) {
      cumulative += h.counts[i];
      Map<String, String> bucket = new TreeMap<>(labels);
      bucket.put("le", i < h.boundsMs.length ? Double.toString(h.boundsMs[i] / 1e3) : "+Inf");
      out.append(name).append("_bucket").append(text(bucket));
      out.append(' ').append(cumulative).append('\n');
    }
    out.append(name).append("_sum").append(text(labels));
    out.append(' ').append(h.sumMs / 1e3).append('\n');
    out.append(name).append("_count").append(text(labels));
    out.append(' ').append(cumulative).append('\n');
  }

  private StringBuilder family(String name, String help, String type) {
    return families.computeIfAbsent(
        name,
        n ->
            new StringBuilder()
                .append("# HELP ")
                .append(n)
                .append(' ')
                .append(help)
                .append("\n# TYPE ")
                .append(n)
                .append(' ')
                .append(type)
                .append('\n'));
  }

  private static String text(Map<String, String> labels) {
    if (labels.isEmpty()) {
      return "";
    }
    StringBuilder out = new StringBuilder("{");
    new TreeMap<>(labels)
        .forEach(
            (name, value) -> {
              out.append(out.length() > 1 ? "," : "").append(name).append("=\"");
              out.append(value.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
            });
    return out.append('}').toString();
  }

  @Override
  public String toString() {
    StringBuilder all = new StringBuilder();
    families.values().forEach(all::append);
    return all.toString();
  }
}
