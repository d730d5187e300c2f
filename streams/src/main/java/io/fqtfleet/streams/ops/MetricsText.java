package io.fqtfleet.streams.ops;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Metrics in Prometheus' text format 0.0.4, each family once. Used by one thread. */
public final class MetricsText {
  private final Map<String, StringBuilder> families = new LinkedHashMap<>();

  public void counter(String name, String help, Map<String, String> labels, long value) {
    line(name, help, "counter", labels, value);
  }

  public void gauge(String name, String help, Map<String, String> labels, long value) {
    line(name, help, "gauge", labels, value);
  }

  private void line(String name, String help, String type, Map<String, String> labels, long value) {
    families
        .computeIfAbsent(
            name,
            n -> new StringBuilder("# HELP %s %s\n# TYPE %s %s\n".formatted(n, help, n, type)))
        .append(name)
        .append(text(labels))
        .append(' ')
        .append(value)
        .append('\n');
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
