package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.programs.report.Table;
import io.fqtfleet.programs.report.Workers;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.Policy;
import java.util.ArrayList;
import java.util.List;

/**
 * A stationary fleet of 100 000 devices for up to a day, whole rounds of production: pages that the
 * operator allowed per fleet-day against alarms that came.
 */
final class FleetStudy {
  private static final int COHORTS = 200;
  private static final int DEVICES = 500;
  private static final double[] STATED = {1, 100};

  /** A day from twelve seeds asked for; fewer take a shorter part of it, after the warm-up. */
  private static final int ROUNDS_PER_SEED = 12;

  private static final int ROUNDS_MIN = 36;

  private FleetStudy() {}

  static Study run(int seeds, long seed, Workers workers) {
    long rounds = Math.max(ROUNDS_MIN, (long) seeds * ROUNDS_PER_SEED);
    int most = (int) Math.min(DriftScenario.ROUNDS_PER_DAY, rounds);
    return run(seed, COHORTS, DEVICES, most, workers);
  }

  static Study run(long seed, int cohorts, int devices, int rounds, Workers workers) {
    DriftScenario scenario =
        new DriftScenario(
            "FLEET",
            "stationary fleet",
            cohorts,
            devices,
            rounds,
            null,
            (long) cohorts * devices,
            null,
            null,
            null,
            new DriftScenario.Noise(0.2, 0.3, null, null, null, null, null, null, null, null),
            null,
            null);
    List<ProductionWatch> watches = new ArrayList<>();
    for (double pages : STATED) {
      watches.add(play(scenario, seed, policy(pages), workers));
    }
    return judge(scenario, watches, workers);
  }

  /** Devices of its own for each controller: they obey it, and report what they obey. */
  private static ProductionWatch play(
      DriftScenario scenario, long seed, Policy policy, Workers workers) {
    World world = new World(scenario, seed, 0);
    ProductionWatch watch = new ProductionWatch(scenario, policy, world::device);
    for (int round = 0; round < scenario.rounds(); round++) {
      int now = round;
      List<World.Round> fleet = workers.map(scenario.cohorts(), c -> world.round(now, c));
      watch.take(workers.map(scenario.cohorts(), c -> watch.decide(now, c, fleet.get(c))), round);
    }
    return watch;
  }

  static Policy policy(double pages) {
    return Policy.newBuilder(ScenarioRun.POLICY)
        .setDriftSettings(
            DriftSettings.newBuilder(ScenarioRun.POLICY.getDriftSettings())
                .setFalsePagesPerFleetDay(pages)
                .build())
        .build();
  }

  private static Study judge(
      DriftScenario scenario, List<ProductionWatch> watches, Workers workers) {
    double days = scenario.rounds() / (double) DriftScenario.ROUNDS_PER_DAY;
    List<List<Object>> rows = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    for (int i = 0; i < STATED.length; i++) {
      int alarms = watches.get(i).alarms().size();
      double[] count = Metrics.poissonInterval(alarms);
      rows.add(
          List.of(
              STATED[i],
              scenario.cohorts() * scenario.devices(),
              days,
              alarms,
              alarms / days,
              count[0] / days,
              count[1] / days,
              watches.get(i).nanosPerReport()));
      targets.add(
          Target.of(
              "pages",
              "false pages of a stationary fleet of %d devices"
                  .formatted(scenario.cohorts() * scenario.devices()),
              "at most %s per fleet-day, as stated".formatted(Table.cell(STATED[i])),
              "%d in %s fleet-days".formatted(alarms, Table.cell(days)),
              alarms / days <= STATED[i],
              "the stated bound does not hold here"));
      workers.say(
          "fleet: %s pages stated, %d raised in %s fleet-days"
              .formatted(Table.cell(STATED[i]), alarms, Table.cell(days)));
    }
    Table table =
        new Table(
            "fleet",
            "Stationary fleet, whole rounds: stated and measured false pages",
            "Noise of 0.2 logit with correlation 0.3. low, high: 95 % Poisson interval per day.",
            List.of("stated", "devices", "fleet-days", "raised", "per day", "low", "high", "ns"),
            rows);
    return new Study(List.of(table), List.of(), targets);
  }
}
