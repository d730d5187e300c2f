package io.fqtfleet.streams.ops;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Every metric of the service's own; the README's table is made of them ({@link MetricReference}).
 * What the topology counts are efforts: work that a broken transaction makes it repeat is counted
 * again.
 */
public enum Metric {
  RUNNING(Kind.GAUGE, "fqt.streams.running", "0 or 1", "", "1 while the topology serves"),
  BUILD(
      Kind.GAUGE,
      "fqt.streams.build",
      "1",
      "contract, java, version",
      "What runs: the contract is the fingerprint of all message schemas"),
  REPORTS(Kind.COUNTER, "fqt.streams.reports", "reports", "fate", "Reports by what became of them"),
  ROUNDS(
      Kind.COUNTER,
      "fqt.streams.rounds",
      "rounds",
      "fate",
      "Rounds of cohorts that were decided, or had been before"),
  DECISIONS(Kind.COUNTER, "fqt.streams.decisions", "decisions", "reason", "Decisions, by reason"),
  BUDGETS(Kind.COUNTER, "fqt.streams.budgets", "budgets", "reason", "Budgets sent, by reason"),
  ALERTS(
      Kind.COUNTER,
      "fqt.streams.alerts",
      "alerts",
      "kind, status",
      "Alerts that began, changed or ended"),
  ALERT_PUSHES(
      Kind.COUNTER,
      "fqt.streams.alert.pushes",
      "pushes",
      "outcome",
      "Alerts handed to Alertmanager, by outcome"),
  FEEDBACK(
      Kind.COUNTER, "fqt.streams.feedback", "verdicts", "verdict", "Operators' verdicts on alerts"),
  POLICIES(Kind.COUNTER, "fqt.streams.policies", "policies", "fate", "Policies adopted or refused"),
  ROLLOUT_COMMANDS(
      Kind.COUNTER,
      "fqt.streams.rollout.commands",
      "commands",
      "action",
      "Operators' commands to rollouts"),
  DEVICES(Kind.COUNTER, "fqt.streams.devices", "devices", "fate", "Devices retired"),
  DEAD_LETTERS(
      Kind.COUNTER,
      "fqt.streams.dead.letters",
      "messages",
      "reason",
      "Messages that could not be used, by reason"),
  FAILED_THREADS(
      Kind.GAUGE,
      "fqt.streams.failed.stream.threads",
      "threads",
      "",
      "Stream threads that died since the start"),
  ALIVE_THREADS(
      Kind.GAUGE, "fqt.streams.alive.stream.threads", "threads", "", "Stream threads that run"),
  DROPPED_RECORDS(
      Kind.COUNTER,
      "fqt.streams.dropped.records",
      "records",
      "",
      "Records that Kafka Streams left out"),
  LAG(
      Kind.GAUGE,
      "fqt.streams.records.lag.max",
      "records",
      "",
      "Records not yet read, in the slowest partition");

  /** As Prometheus knows them. */
  enum Kind {
    COUNTER,
    GAUGE
  }

  private static final String PREFIX = "fqt.streams.";

  private static final Map<String, Metric> COUNTERS =
      Arrays.stream(values())
          .filter(metric -> metric.kind == Kind.COUNTER)
          .collect(
              Collectors.toMap(
                  metric -> metric.meter.substring(PREFIX.length()).replace('.', '_'),
                  Function.identity()));

  final Kind kind;

  /** Micrometer's name. */
  final String meter;

  final String unit;

  /** Names of its labels, sorted, or empty. */
  final String labels;

  final String meaning;

  Metric(Kind kind, String meter, String unit, String labels, String meaning) {
    this.kind = kind;
    this.meter = meter;
    this.unit = unit;
    this.labels = labels;
    this.meaning = meaning;
  }

  /** Prometheus' name. */
  public String exposed() {
    return meter.replace('.', '_') + (kind == Kind.COUNTER ? "_total" : "");
  }

  /** The counter that the topology calls so, without prefix and ending. */
  static Metric counter(String name) {
    Metric metric = COUNTERS.get(name);
    if (metric == null) {
      throw new IllegalArgumentException(
          "there is no counter '%s'; the known ones are %s".formatted(name, COUNTERS.keySet()));
    }
    return metric;
  }
}
