package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.report.Svg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** A run as one HTML page without anything outside of it. */
final class HtmlReport {
  private static final String STYLE =
      """
      body { font: 15px/1.45 system-ui, sans-serif; max-width: 900px; margin: 2em auto;
             padding: 0 1em; color: #1b2a33; background: #fff; }
      table { border-collapse: collapse; } td, th { padding: .2em .8em; text-align: left; }
      tr { border-bottom: 1px solid #dde3e6; } .bad { color: #c1440e; font-weight: 600; }
      svg { width: 100%; font-size: 13px; } svg text { fill: currentColor; }
      .grid { stroke: #dde3e6; } .axis { stroke: #5b6770; } pre { white-space: pre-wrap; }
      @media (prefers-color-scheme: dark) { body { color: #e6eaec; background: #14191c; } }
      """;

  private final SimResult run;
  private final StringBuilder out = new StringBuilder();

  private HtmlReport(SimResult run) {
    this.run = run;
  }

  static void write(SimResult run, Path file) throws IOException {
    Files.writeString(file, new HtmlReport(run).page());
  }

  static String text(SimResult run) {
    return new HtmlReport(run).page();
  }

  private String page() {
    String title = Svg.escape("fleet sim " + run.scenario());
    out.append("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>")
        .append(title)
        .append("</title><style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>")
        .append(title)
        .append("</h1>\n<p>")
        .append(Svg.escape("Begun %s, seed %d.".formatted(run.started(), run.seed())))
        .append("</p>\n");
    if (run.isPartial()) {
      out.append("<p class='bad'>Partial: ").append(Svg.escape(run.partial())).append("</p>\n");
    }
    expectations();
    plot(
        "Latency of the acknowledgement (ms)",
        "p50",
        SimResult.Sample::ackP50,
        "p99",
        SimResult.Sample::ackP99);
    plot(
        "Latency until readable in Kafka (ms)",
        "p50",
        SimResult.Sample::kafkaP50,
        "p99",
        SimResult.Sample::kafkaP99);
    rates();
    plot("Devices", "connected", SimResult.Sample::connected, null, null);
    named("Right windows of the last 5 s (%)", 100, SimResult.Sample::accuracy);
    plot(
        "Messages streams has yet to process",
        "behind",
        s -> Math.max(0, s.streamsBehind()),
        null,
        null);
    named("Processor cores in use", 1, SimResult.Sample::cores);
    plot("Budgets sent since the start", "budgets", SimResult.Sample::budgets, null, null);
    out.append("<h2>Figures</h2>\n<pre>")
        .append(Svg.escape(SummaryText.of(run)))
        .append("</pre>\n</body></html>\n");
    return out.toString();
  }

  private void expectations() {
    if (run.expected().isEmpty()) {
      return;
    }
    out.append("<h2>Expectations</h2>\n<table><tr><th>what<th>limit<th>found<th></tr>\n");
    for (SimResult.Expected e : run.expected()) {
      out.append(
          "<tr><td>%s<td>%s<td>%s<td%s>%s</tr>%n"
              .formatted(
                  Svg.escape(e.what()),
                  Svg.escape(e.limit()),
                  Svg.escape(e.found()),
                  e.met() ? "" : " class='bad'",
                  e.met() ? "met" : "not met"));
    }
    out.append("</table>\n");
  }

  private void plot(
      String title,
      String firstName,
      ToDoubleFunction<SimResult.Sample> first,
      String secondName,
      ToDoubleFunction<SimResult.Sample> second) {
    List<Svg.Series> series = new ArrayList<>();
    series.add(series(firstName, first));
    if (second != null) {
      series.add(series(secondName, second));
    }
    lines(title, series);
  }

  private Svg.Series series(String name, ToDoubleFunction<SimResult.Sample> value) {
    return new Svg.Series(
        name,
        run.seconds().stream().mapToDouble(SimResult.Sample::s).toArray(),
        run.seconds().stream().mapToDouble(value).toArray());
  }

  /** Differences from second to second of what counts up. */
  private void rates() {
    List<Svg.Series> series = new ArrayList<>();
    series.add(rate("sent", SimResult.Sample::sent));
    series.add(rate("acknowledged", SimResult.Sample::acknowledged));
    series.add(rate("in Kafka", SimResult.Sample::inKafka));
    lines("Reports per second", series);
  }

  private Svg.Series rate(String name, ToDoubleFunction<SimResult.Sample> count) {
    int n = Math.max(0, run.seconds().size() - 1);
    double[] x = new double[n];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      SimResult.Sample a = run.seconds().get(i);
      SimResult.Sample b = run.seconds().get(i + 1);
      x[i] = b.s();
      y[i] =
          Math.max(0, (count.applyAsDouble(b) - count.applyAsDouble(a)))
              / Math.max(0.2, b.s() - a.s());
    }
    return new Svg.Series(name, x, y);
  }

  /** One line per name. */
  private void named(
      String title, double factor, Function<SimResult.Sample, Map<String, Double>> of) {
    Set<String> names = new TreeSet<>();
    run.seconds().forEach(s -> names.addAll(of.apply(s).keySet()));
    List<Svg.Series> series = new ArrayList<>();
    for (String name : names) {
      List<SimResult.Sample> with =
          run.seconds().stream().filter(s -> of.apply(s).containsKey(name)).toList();
      series.add(
          new Svg.Series(
              name,
              with.stream().mapToDouble(SimResult.Sample::s).toArray(),
              with.stream().mapToDouble(s -> factor * of.apply(s).get(name)).toArray()));
    }
    lines(title, series);
  }

  /** To five equal steps of a round number, as an axis has them. */
  private static double roundUp(double high) {
    double power = Math.pow(10, Math.floor(Math.log10(high / 5)));
    for (double step : new double[] {1, 2, 2.5, 5}) {
      if (step * power * 5 >= high) {
        return step * power * 5;
      }
    }
    return 10 * power * 5;
  }

  private void lines(String title, List<Svg.Series> series) {
    double high = 1e-9;
    double end = 1;
    for (Svg.Series s : series) {
      for (int i = 0; i < s.x().length; i++) {
        high = Math.max(high, s.y()[i]);
        end = Math.max(end, s.x()[i]);
      }
    }
    // The heading says what the other axis shows.
    Svg.Axes axes = new Svg.Axes("seconds", "", false, 0, roundUp(end), roundUp(high));
    out.append("<h2>").append(Svg.escape(title)).append("</h2>\n");
    out.append(Svg.lines(title, axes, series)).append('\n');
  }
}
