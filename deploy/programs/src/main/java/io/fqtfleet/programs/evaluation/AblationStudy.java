package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Study.Figure;
import io.fqtfleet.programs.report.Svg;
import io.fqtfleet.programs.report.Table;
import io.fqtfleet.programs.report.Workers;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.Policy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Which signals carry information: each alone, all, and all without one, per kind of change. */
final class AblationStudy {
  private static final List<String> SCENARIOS =
      List.of(
          "S6.drift",
          "S5.100",
          "S5.60",
          "S3.ramp",
          "S8.15",
          "S6.noise",
          "K1.saturation",
          "K3.unlabelled");
  private static final int SEEDS_MAX = 10;
  private static final List<DriftSignal> SIGNALS =
      ScenarioRun.POLICY.getDriftSettings().getSignals();

  private AblationStudy() {}

  /** Name of a choice of signals, and the choice. */
  private static Map<String, List<DriftSignal>> choices() {
    Map<String, List<DriftSignal>> choices = new LinkedHashMap<>();
    choices.put("all", SIGNALS);
    for (DriftSignal signal : SIGNALS) {
      choices.put(label(signal) + " alone", List.of(signal));
    }
    for (DriftSignal signal : SIGNALS) {
      choices.put("all but " + label(signal), SIGNALS.stream().filter(s -> s != signal).toList());
    }
    return choices;
  }

  private static String label(DriftSignal signal) {
    return signal.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static Policy policy(List<DriftSignal> signals) {
    return Policy.newBuilder(ScenarioRun.POLICY)
        .setDriftSettings(
            DriftSettings.newBuilder(ScenarioRun.POLICY.getDriftSettings())
                .setSignals(signals)
                .build())
        .build();
  }

  static Study run(List<DriftScenario> catalogue, int seeds, long seed, Workers workers) {
    List<DriftScenario> scenarios =
        SCENARIOS.stream()
            .map(id -> catalogue.stream().filter(s -> s.id().equals(id)).findFirst().orElseThrow())
            .toList();
    int runs = Math.min(seeds, SEEDS_MAX);
    List<String> names = new ArrayList<>(choices().keySet());
    List<Metrics> results =
        workers.map(
            names.size() * scenarios.size(),
            i ->
                metrics(
                    scenarios.get(i % scenarios.size()),
                    names.get(i / scenarios.size()),
                    runs,
                    seed));
    workers.say("ablation: %d choices of signals".formatted(names.size()));
    return show(scenarios, names, results, runs);
  }

  private static Metrics metrics(DriftScenario scenario, String choice, int runs, long seed) {
    Metrics metrics = new Metrics(scenario, choice);
    Policy policy = policy(choices().get(choice));
    for (int i = 0; i < runs; i++) {
      metrics.add(ScenarioRun.production(scenario, seed + i, policy));
    }
    return metrics;
  }

  private static Study show(
      List<DriftScenario> scenarios, List<String> names, List<Metrics> results, int runs) {
    List<String> columns = new ArrayList<>(List.of("signals"));
    for (DriftScenario scenario : scenarios) {
      columns.addAll(List.of(scenario.id(), "delay", "right"));
    }
    columns.add("false");
    List<String> ids = scenarios.stream().map(DriftScenario::id).toList();
    double[][] shares = new double[names.size()][ids.size()];
    String[][] labels = new String[names.size()][ids.size()];
    List<List<Object>> rows = new ArrayList<>();
    for (int n = 0; n < names.size(); n++) {
      List<Object> row = new ArrayList<>(List.of(names.get(n)));
      int wrong = 0;
      for (int s = 0; s < ids.size(); s++) {
        Metrics m = results.get(n * ids.size() + s);
        row.addAll(Arrays.asList(m.recall(), m.delay(0.5), right(m)));
        wrong += m.falseAlarms;
        shares[n][s] = m.recall();
        labels[n][s] = m.hits == 0 ? "-" : Table.cell(m.delay(0.5));
      }
      row.add(wrong);
      rows.add(row);
    }
    Table table =
        new Table(
            "ablation",
            "Which signals carry information: %d runs each".formatted(runs),
            "Per scenario: recall, median delay in reports, share named right; then false alarms"
                + " of all. Whether a sensor is stuck or off is always watched.",
            columns,
            rows);
    Figure figure =
        new Figure(
            "Which signals carry information",
            "Shade: share of changes found; number: median delay in reports. The policy chooses"
                + " which signals are tested.",
            Svg.heatmap("ablation", names, ids, shares, labels));
    return new Study(List.of(table), List.of(figure), List.of());
  }

  private static double right(Metrics metrics) {
    String kind = metrics.scenario().changes().get(0).kind().name();
    Map<String, Integer> raised = metrics.confusion.getOrDefault(kind, Map.of());
    return raised.getOrDefault(kind, 0) / (double) metrics.changes;
  }
}
