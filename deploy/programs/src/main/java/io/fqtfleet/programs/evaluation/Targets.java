package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.programs.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The figures of merit that the scenarios answer. */
final class Targets {
  private static final Set<String> WIDE =
      Set.of("DOMAIN_DRIFT", "LABEL_NOISE", "QUANT_SATURATION", "TELEMETRY_LOSS", "SHARED_CAUSE");
  private static final double DAYS_PER_FALSE_COHORT_ALARM = 30;

  private Targets() {}

  static List<Target> of(ScenarioStudy study) {
    List<Target> targets = new ArrayList<>();
    delay(study, "T8.100", "100 % of a cohort of 500, +.03", 2, targets);
    delay(study, "T8.10", "10 % of a cohort of 500, +.20", 3, targets);
    season(study, targets);
    attribution(study, targets);
    repeats(study, targets);
    return targets;
  }

  private static void delay(
      ScenarioStudy study, String id, String what, double rounds, List<Target> targets) {
    Metrics metrics = study.production(id);
    if (metrics != null) {
      targets.add(
          Target.of(
              "T8",
              what + ", day and night 0.15 logit",
              "found within %s rounds on average".formatted(Table.cell(rounds)),
              "%s rounds, recall %s"
                  .formatted(Table.cell(metrics.meanDelay()), Table.cell(metrics.recall())),
              metrics.meanDelay() <= rounds && metrics.recall() == 1,
              "see the scenario's row"));
    }
  }

  private static void season(ScenarioStudy study, List<Target> targets) {
    double days = 0;
    int wrong = 0;
    for (String id : List.of("S9.day", "S9.week", "T8.100", "T8.60", "T8.10")) {
      Metrics metrics = study.production(id);
      if (metrics != null) {
        days += (double) metrics.rounds / DriftScenario.ROUNDS_PER_DAY;
        wrong += metrics.falseAlarms;
      }
    }
    if (days > 0) {
      targets.add(
          Target.of(
              "T8",
              "false alarms under the fleet's day and night",
              "at most one cohort alarm in 30 fleet-days",
              "%d of any scope in %s fleet-days".formatted(wrong, Table.cell(days)),
              wrong <= days / DAYS_PER_FALSE_COHORT_ALARM,
              "the swing that all cohorts share is taken for drift of some"));
    }
  }

  private static void attribution(ScenarioStudy study, List<Target> targets) {
    Map<String, Map<String, Integer>> counts = study.confusionCounts();
    if (counts.size() < 2) {
      return;
    }
    double accuracy = ScenarioStudy.macroAccuracy(counts);
    targets.add(
        Target.of(
            "T9",
            "attribution over %d kinds".formatted(counts.size()),
            "macro accuracy >= .98",
            Table.cell(accuracy),
            accuracy >= 0.98,
            "see the matrix"));
    int faults = 0;
    int wide = 0;
    for (String kind : List.of("DEVICE_DRIFT", "DEVICE_FAULT")) {
      for (Map.Entry<String, Integer> raised : counts.getOrDefault(kind, Map.of()).entrySet()) {
        faults += raised.getValue();
        wide += WIDE.contains(raised.getKey()) ? raised.getValue() : 0;
      }
    }
    if (faults > 0) {
      targets.add(
          Target.of(
              "T9",
              "an isolated device raises an alarm of its cohort",
              "in at most .1 %",
              "%d of %d".formatted(wide, faults),
              wide <= 0.001 * faults,
              "see the matrix"));
    }
  }

  private static void repeats(ScenarioStudy study, List<Target> targets) {
    long again = study.repeats.values().stream().filter(same -> same[0]).count();
    long permuted = study.repeats.values().stream().filter(same -> same[1]).count();
    int all = study.repeats.size();
    targets.add(
        Target.of(
            "again",
            "the same seed gives the same alarms",
            "in every scenario",
            "%d of %d".formatted(again, all),
            again == all,
            "see the table"));
    targets.add(
        Target.of(
            "ids",
            "permuted device ids give the same alarms",
            "in every scenario",
            "%d of %d".formatted(permuted, all),
            permuted == all,
            "ties between devices are broken by their names"));
  }
}
