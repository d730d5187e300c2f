package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.sim.SimResult.DriftSeen;
import io.fqtfleet.programs.sim.SimResult.Expected;
import io.fqtfleet.sim.fleet.ExpectSpec;
import io.fqtfleet.sim.fleet.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Holds a run against what its scenario expects. */
final class Judge {
  private final Scenario scenario;
  private final SimResult run;
  private final boolean kafkaSeen;
  private final List<Expected> verdicts = new ArrayList<>();

  /**
   * @param kafkaSeen whether Kafka was read; without it nothing beyond the broker can be judged
   */
  Judge(Scenario scenario, SimResult run, boolean kafkaSeen) {
    this.scenario = scenario;
    this.run = run;
    this.kafkaSeen = kafkaSeen;
  }

  SimResult judged() {
    ExpectSpec expect = scenario.expect();
    SimResult.Reports reports = run.reports();
    atMost("reports missed", expect.missed(), reports.missed(), false);
    atMost("reports lost", expect.lost(), reports.lost(), true);
    atMost("reports duplicated", expect.duplicated(), reports.duplicated(), true);
    atMost("reports out of order", expect.outOfOrder(), reports.outOfOrder(), true);
    within("publish to acknowledgement, p99", expect.publishToAckP99(), run.publishToAck(), false);
    within("report to Kafka, p99", expect.reportToKafkaP99(), run.reportToKafka(), true);
    for (DriftSeen drift : run.drifts()) {
      String of = "drift of " + drift.cohort() + " at " + (long) drift.atS() + " s to ";
      within(of + "alert", expect.driftToAlert(), drift.alertMs());
      within(of + "budgets applied", expect.driftToApplied(), drift.appliedMs());
    }
    atMost("false alerts", expect.falseAlerts(), falseAlerts(), true);
    if (Boolean.TRUE.equals(expect.onLastBudget())) {
      long behind = run.budgets().devicesBehind();
      add("every device on its last budget", "0 behind", behind + " behind", behind == 0, true);
    }
    if (expect.accuracy() != null) {
      run.accuracy()
          .forEach(
              (cohort, found) ->
                  add(
                      "accuracy of " + cohort + " at the end",
                      "at least " + percent(expect.accuracy()),
                      percent(found),
                      found >= expect.accuracy(),
                      false));
    }
    return run.with(List.copyOf(verdicts));
  }

  private static String percent(double share) {
    return "%.1f %%".formatted(100 * share);
  }

  private void atMost(String what, Long limit, long found, boolean inKafka) {
    if (limit != null) {
      add(what, "at most " + limit, Long.toString(found), found <= limit, inKafka);
    }
  }

  private void within(String what, Duration limit, SimResult.Times found, boolean inKafka) {
    if (limit != null) {
      boolean met = found.count() > 0 && found.p99() <= limit.toMillis();
      String shown = found.count() == 0 ? "none measured" : "%.1f ms".formatted(found.p99());
      add(what, "at most " + limit.toMillis() + " ms", shown, met, inKafka);
    }
  }

  private void within(String what, Duration limit, long foundMs) {
    if (limit != null) {
      add(
          what,
          "within " + limit.toMillis() + " ms",
          foundMs < 0 ? "never" : foundMs + " ms",
          foundMs >= 0 && foundMs <= limit.toMillis(),
          true);
    }
  }

  private void add(String what, String limit, String found, boolean met, boolean inKafka) {
    if (inKafka && !kafkaSeen) {
      verdicts.add(new Expected(what, limit, "Kafka was not read: give --kafka", false));
    } else {
      verdicts.add(new Expected(what, limit, found, met));
    }
  }

  /** Alerts on what the scenario left alone. */
  private long falseAlerts() {
    Set<String> touched = new HashSet<>();
    scenario.drifts().forEach(drift -> touched.add(drift.cohort()));
    scenario.wrongLabels().forEach(wrong -> touched.add(wrong.cohort()));
    Set<String> devices = new HashSet<>();
    scenario.cohorts().stream()
        .forEach(
            cohort ->
                scenario.faults().stream()
                    .filter(fault -> fault.cohort().equals(cohort.name()))
                    .forEach(fault -> devices.add(cohort.device(fault.device()))));
    return run.alerts().stream()
        .filter(alert -> !touched.contains(alert.cohort()) && !devices.contains(alert.key()))
        .count();
  }
}
