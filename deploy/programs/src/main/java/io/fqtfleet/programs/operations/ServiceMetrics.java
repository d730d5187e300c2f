package io.fqtfleet.programs.operations;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a service's {@code /metrics} says.
 *
 * @param text in Prometheus' format
 */
record ServiceMetrics(String text) {
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

  /** The largest value over all labels; empty if the metric is not there. */
  OptionalDouble value(String metric) {
    return text.lines()
        .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .max();
  }

  /** The labels of its first line; empty if the metric is not there. */
  Map<String, String> labels(String metric) {
    Map<String, String> labels = new TreeMap<>();
    text.lines()
        .filter(line -> line.startsWith(metric + "{"))
        .findFirst()
        .ifPresent(
            line -> {
              Matcher label = LABEL.matcher(line);
              while (label.find()) {
                labels.put(label.group(1), label.group(2));
              }
            });
    return labels;
  }
}
