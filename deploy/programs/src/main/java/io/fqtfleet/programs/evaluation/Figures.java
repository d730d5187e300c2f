package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Study.Figure;
import io.fqtfleet.programs.report.Svg;
import io.fqtfleet.programs.report.Svg.Axes;
import io.fqtfleet.programs.report.Svg.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Pictures of what the scenarios gave. */
final class Figures {
  private static final List<String> CURVES =
      List.of("S1.10", "S1.20", "S1.30", "S5.100", "S5.10", "S3.ramp");

  private Figures() {}

  static List<Figure> of(ScenarioStudy study) {
    List<Figure> figures = new ArrayList<>();
    figures.add(trade(study));
    figures.add(matrix(study));
    for (String id : CURVES) {
      if (study.metrics.containsKey(id)) {
        figures.add(curve(study, id));
      }
    }
    return figures;
  }

  /** Methods over all scenarios: false alarms against missed changes. */
  private static Figure trade(ScenarioStudy study) {
    Map<String, double[]> sums = new LinkedHashMap<>();
    study
        .metrics
        .values()
        .forEach(
            methods ->
                methods.forEach(
                    (name, m) -> {
                      double[] sum = sums.computeIfAbsent(name, n -> new double[4]);
                      sum[0] += m.falseAlarms;
                      sum[1] += (double) m.deviceRounds / DriftScenario.ROUNDS_PER_DAY;
                      sum[2] += m.changes - m.hits;
                      sum[3] += m.changes;
                    }));
    List<Series> series = new ArrayList<>();
    sums.forEach(
        (name, sum) ->
            series.add(
                new Series(
                    name,
                    new double[] {sum[0] / sum[1]},
                    new double[] {sum[3] == 0 ? 0 : sum[2] / sum[3]})));
    Axes axes =
        new Axes("false alerts per device-day (logarithmic)", "missed", true, 1e-6, 1e-1, 1);
    return new Figure(
        "What is missed against what is raised for nothing",
        "All chosen scenarios together; low and left is good. Left edge: fewer than one in a"
            + " million device-days, or none.",
        Svg.points("missed changes over false alerts", axes, series));
  }

  private static Figure curve(ScenarioStudy study, String id) {
    List<Series> series = new ArrayList<>();
    int longest = 10;
    for (Metrics m : study.metrics.get(id).values()) {
      if (m.method.equals("NONE")) {
        continue;
      }
      int[] delays = m.delays();
      double[] x = new double[delays.length];
      double[] y = new double[delays.length];
      for (int i = 0; i < delays.length; i++) {
        x[i] = delays[i];
        y[i] = (i + 1.0) / m.changes;
        longest = Math.max(longest, delays[i]);
      }
      series.add(new Series(m.method, x, y));
    }
    Axes axes =
        new Axes(
            "reports after the onset", "share found", false, 0, Math.ceil(longest / 10.0) * 10, 1);
    String title = study.metrics.get(id).get(ScenarioRun.PRODUCTION).scenario().title();
    return new Figure(
        "%s: %s".formatted(id, title),
        "Share of the changes that were found within so many reports.",
        Svg.steps(id, axes, series));
  }

  private static Figure matrix(ScenarioStudy study) {
    Map<String, Map<String, Integer>> counts = study.confusionCounts();
    List<String> rows = List.copyOf(counts.keySet());
    List<String> columns = ScenarioStudy.kinds(counts);
    double[][] shares = new double[rows.size()][columns.size()];
    String[][] labels = new String[rows.size()][columns.size()];
    for (int r = 0; r < rows.size(); r++) {
      Map<String, Integer> raised = counts.get(rows.get(r));
      double all = raised.values().stream().mapToInt(i -> i).sum();
      for (int c = 0; c < columns.size(); c++) {
        int count = raised.getOrDefault(columns.get(c), 0);
        shares[r][c] = count == 0 ? Double.NaN : count / all;
        labels[r][c] = "%d".formatted(count);
      }
    }
    return new Figure(
        "Attribution: rows what was true, columns what production raised",
        "Green on the diagonal is right. Counts of changes, and of quiet cohorts in row NONE.",
        Svg.heatmap("attribution", rows, columns, shares, labels));
  }
}
