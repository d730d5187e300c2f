package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.ScenarioRun.Repeats;
import io.fqtfleet.programs.evaluation.ScenarioRun.Result;
import io.fqtfleet.programs.report.Table;
import io.fqtfleet.programs.report.Workers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All methods on all chosen scenarios. */
final class ScenarioStudy {
  /** Per scenario id, per method. */
  final Map<String, Map<String, Metrics>> metrics = new LinkedHashMap<>();

  final Map<String, boolean[]> repeats = new LinkedHashMap<>();
  private final List<Double> nanos = new ArrayList<>();
  private final List<Double> bytes = new ArrayList<>();

  /** Runs everything; the result does not depend on how many threads the work is spread over. */
  static ScenarioStudy run(List<DriftScenario> scenarios, int seeds, long seed, Workers workers) {
    ScenarioStudy study = new ScenarioStudy();
    scenarios.forEach(s -> study.metrics.put(s.id(), new LinkedHashMap<>()));
    for (List<DriftScenario> group : groups(scenarios)) {
      int runs = Math.min(seeds, group.get(0).runs());
      List<List<Result>> results =
          workers.map(runs, i -> ScenarioRun.run(group, seed + i, ScenarioRun.POLICY));
      for (int i = 0; i < group.size(); i++) {
        DriftScenario scenario = group.get(i);
        for (List<Result> ofSeed : results) {
          study.add(scenario, ofSeed.get(i));
        }
        workers.say(study.line(scenario));
      }
    }
    List<DriftScenario> small = scenarios.stream().filter(s -> s.runs() > seeds).toList();
    List<Repeats> repeated =
        workers.map(small.size(), i -> ScenarioRun.repeats(small.get(i), seed));
    for (int i = 0; i < small.size(); i++) {
      study.repeats.put(
          small.get(i).id(), new boolean[] {repeated.get(i).again(), repeated.get(i).permuted()});
    }
    return study;
  }

  /** Scenarios that share their start, each group in the order of the catalogue. */
  private static List<List<DriftScenario>> groups(List<DriftScenario> scenarios) {
    List<List<DriftScenario>> groups = new ArrayList<>();
    for (DriftScenario scenario : scenarios) {
      groups.stream()
          .filter(g -> g.get(0).sharesStart(scenario) && g.get(0).runs().equals(scenario.runs()))
          .findFirst()
          .orElseGet(
              () -> {
                List<DriftScenario> group = new ArrayList<>();
                groups.add(group);
                return group;
              })
          .add(scenario);
    }
    return groups;
  }

  private void add(DriftScenario scenario, Result result) {
    Map<String, Metrics> methods =
        metrics.computeIfAbsent(scenario.id(), id -> new LinkedHashMap<>());
    result
        .scores()
        .forEach(
            (name, score) ->
                methods
                    .computeIfAbsent(name, n -> new Metrics(scenario, n))
                    .add(score, result.rounds()));
    nanos.add(result.nanosPerReport());
    bytes.add(result.bytesPerDevice());
  }

  Metrics production(String id) {
    Map<String, Metrics> methods = metrics.get(id);
    return methods == null ? null : methods.get(ScenarioRun.PRODUCTION);
  }

  private String line(DriftScenario scenario) {
    Metrics m = production(scenario.id());
    return "%-12s recall %s, delay p50 %s p95 %s, %d false in %s device-days"
        .formatted(
            scenario.id(),
            Table.cell(m.recall()),
            Table.cell(m.delay(0.5)),
            Table.cell(m.delay(0.95)),
            m.falseAlarms,
            Table.cell((double) m.deviceRounds / DriftScenario.ROUNDS_PER_DAY));
  }

  List<Table> tables() {
    return List.of(summary(), main(), errors(), confusion(), cost());
  }

  /** Each method over all scenarios together. */
  private Table summary() {
    Map<String, List<Metrics>> methods = new LinkedHashMap<>();
    each(m -> methods.computeIfAbsent(m.method, n -> new ArrayList<>()).add(m));
    List<List<Object>> rows = new ArrayList<>();
    methods.forEach(
        (name, all) -> {
          int changes = all.stream().mapToInt(m -> m.changes).sum();
          int hits = all.stream().mapToInt(m -> m.hits).sum();
          int wrong = all.stream().mapToInt(m -> m.falseAlarms).sum();
          long records = all.stream().mapToLong(m -> m.deviceRounds).sum();
          double[] delays =
              all.stream()
                  .flatMapToInt(m -> java.util.Arrays.stream(m.delays()))
                  .asDoubleStream()
                  .toArray();
          Map<String, Map<String, Integer>> counts = new TreeMap<>();
          all.forEach(m -> addTo(counts, m));
          double recall = changes == 0 ? Double.NaN : (double) hits / changes;
          double f1 = changes == 0 ? Double.NaN : 2.0 * hits / (hits + wrong + changes);
          rows.add(
              row(
                  name,
                  changes,
                  recall,
                  1 - recall,
                  f1,
                  Metrics.percentile(delays, 0.5),
                  Metrics.percentile(delays, 0.95),
                  wrong,
                  wrong / ((double) records / DriftScenario.ROUNDS_PER_DAY),
                  macroAccuracy(counts)));
        });
    return new Table(
        "methods",
        "Methods, all chosen scenarios together",
        "MDR: missed changes. Attribution: mean share named right over the kinds of truth.",
        List.of(
            "method",
            "changes",
            "recall",
            "MDR",
            "F1",
            "delay p50",
            "p95",
            "false",
            "per device-day",
            "attribution"),
        rows);
  }

  private Table main() {
    List<List<Object>> rows = new ArrayList<>();
    each(
        m -> {
          if (m.changes > 0) {
            rows.add(
                row(
                    m.scenario().id(),
                    m.method,
                    m.changes,
                    m.precision(),
                    m.recall(),
                    m.f1(),
                    m.meanDelay(),
                    m.delay(0.5),
                    m.delay(0.95),
                    m.meanAbsoluteOnsetError(),
                    m.volume(),
                    m.repeats));
          }
        });
    return new Table(
        "scenarios",
        "Changes: found, how soon, how often named twice",
        "Delays in reports, 1 is the least. Volume: alerts per found change.",
        List.of(
            "scenario",
            "method",
            "changes",
            "precision",
            "recall",
            "F1",
            "delay",
            "p50",
            "p95",
            "onset err",
            "volume",
            "repeats"),
        rows);
  }

  private Table errors() {
    List<List<Object>> rows = new ArrayList<>();
    each(
        m -> {
          double[] arl = m.runLength();
          rows.add(
              row(
                  m.scenario().id(),
                  m.method,
                  m.deviceRounds,
                  m.falseAlarms,
                  arl[1],
                  arl[0],
                  arl[2],
                  m.perDeviceDay(),
                  m.perFleetDay(),
                  m.meanTimeToFalseAlarm(),
                  m.falseAlarms < 2 ? "bound" : ""));
        });
    return new Table(
        "false-alarms",
        "False alarms",
        "ARL0 in device-rounds with its exact 95 % Poisson interval; MTFA in rounds of the"
            + " simulated fleet, a lower bound where it says so.",
        List.of(
            "scenario",
            "method",
            "device-rounds",
            "false",
            "ARL0",
            "low",
            "high",
            "per device-day",
            "per fleet-day",
            "MTFA",
            "MTFA is"),
        rows);
  }

  /** Rows: what was true; columns: what production said. */
  Map<String, Map<String, Integer>> confusionCounts() {
    Map<String, Map<String, Integer>> sum = new TreeMap<>();
    metrics.keySet().forEach(id -> addTo(sum, production(id)));
    return sum;
  }

  private static void addTo(Map<String, Map<String, Integer>> sum, Metrics metrics) {
    metrics.confusion.forEach(
        (truth, raised) ->
            raised.forEach(
                (kind, count) ->
                    sum.computeIfAbsent(truth, t -> new TreeMap<>())
                        .merge(kind, count, Integer::sum)));
  }

  static List<String> kinds(Map<String, Map<String, Integer>> counts) {
    java.util.TreeSet<String> kinds = new java.util.TreeSet<>(counts.keySet());
    counts.values().forEach(raised -> kinds.addAll(raised.keySet()));
    return List.copyOf(kinds);
  }

  /** Mean over the true kinds of the share that was named right. */
  static double macroAccuracy(Map<String, Map<String, Integer>> counts) {
    return counts.entrySet().stream()
        .mapToDouble(
            e ->
                e.getValue().getOrDefault(e.getKey(), 0)
                    / (double) e.getValue().values().stream().mapToInt(i -> i).sum())
        .average()
        .orElse(Double.NaN);
  }

  private Table confusion() {
    Map<String, Map<String, Integer>> counts = confusionCounts();
    List<String> columns = new ArrayList<>(List.of("truth"));
    columns.addAll(kinds(counts));
    columns.add("right");
    List<List<Object>> rows = new ArrayList<>();
    counts.forEach(
        (truth, raised) -> {
          List<Object> row = new ArrayList<>(List.of(truth));
          int all = raised.values().stream().mapToInt(i -> i).sum();
          kinds(counts).forEach(kind -> row.add(raised.getOrDefault(kind, 0)));
          row.add(raised.getOrDefault(truth, 0) / (double) all);
          rows.add(row);
        });
    return new Table(
        "attribution",
        "Attribution by production: rows are the truth, columns what was raised",
        "Macro accuracy %s. NONE as truth: a cohort in a run in which nothing happened to it."
            .formatted(Table.cell(macroAccuracy(counts))),
        columns,
        rows);
  }

  private Table cost() {
    List<List<Object>> rows = new ArrayList<>();
    repeats.forEach(
        (id, same) ->
            rows.add(row(id, same[0] ? "same" : "DIFFERS", same[1] ? "same" : "DIFFERS")));
    return new Table(
        "determinism",
        "Repeated with the same seed, and with permuted device ids",
        "%s ns per report for a whole decision and %s bytes stored per device, medians over runs."
            .formatted(Table.cell(median(nanos)), Table.cell(median(bytes))),
        List.of("scenario", "again", "permuted ids"),
        rows);
  }

  private static double median(List<Double> values) {
    return Metrics.percentile(values.stream().mapToDouble(v -> v).toArray(), 0.5);
  }

  private void each(java.util.function.Consumer<Metrics> visit) {
    metrics.values().forEach(methods -> methods.values().forEach(visit));
  }

  private static List<Object> row(Object... cells) {
    return java.util.Arrays.asList(cells);
  }
}
