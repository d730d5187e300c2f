package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.Scoring.Score;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.budget.Policies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One scenario with one seed: all methods see the same evidence. */
final class ScenarioRun {
  /** The policy under which production is judged: the built-in one with rounds of ten minutes. */
  static final Policy POLICY =
      Policy.newBuilder(Policies.DEFAULT).setVersion(1).setRoundMs(DriftScenario.ROUND_MS).build();

  /** Of the names of devices in the check whether names matter. */
  private static final long OTHER_ORDER = 4711;

  static final String PRODUCTION = "fqt-fleet";

  /**
   * @param scores by method
   * @param nanosPerReport of production
   * @param bytesPerDevice of production
   */
  record Result(Map<String, Score> scores, double nanosPerReport, double bytesPerDevice) {}

  private ScenarioRun() {}

  static Result run(DriftScenario scenario, long seed, Policy policy) {
    World world = new World(scenario, seed, 0);
    ProductionWatch production = new ProductionWatch(scenario, policy, world::device);
    Map<String, Watch> watches = new LinkedHashMap<>();
    watches.put(PRODUCTION, production);
    watches.putAll(Baselines.of(scenario, world.truths()));
    play(world, watches.values());
    Map<String, Score> scores = new LinkedHashMap<>();
    watches.forEach(
        (name, watch) -> scores.put(name, Scoring.of(scenario, world.truths(), watch.alarms())));
    return new Result(scores, production.nanosPerReport(), production.bytesPerDevice());
  }

  /** Production alone. */
  static Score production(DriftScenario scenario, long seed, Policy policy) {
    World world = new World(scenario, seed, 0);
    ProductionWatch production = new ProductionWatch(scenario, policy, world::device);
    play(world, List.of(production));
    return Scoring.of(scenario, world.truths(), production.alarms());
  }

  private static void play(World world, Iterable<Watch> watches) {
    DriftScenario scenario = world.scenario();
    for (int round = 0; round < scenario.rounds(); round++) {
      List<World.Round> fleet = new ArrayList<>();
      for (int c = 0; c < scenario.cohorts(); c++) {
        fleet.add(world.round(round, c));
      }
      for (Watch watch : watches) {
        watch.round(round, fleet);
      }
    }
  }

  /** Whether a second run and a run with permuted device names raise the same alarms. */
  record Repeats(boolean again, boolean permuted) {}

  static Repeats repeats(DriftScenario scenario, long seed) {
    List<String> first = alarms(scenario, seed, 0);
    return new Repeats(
        first.equals(alarms(scenario, seed, 0)), first.equals(alarms(scenario, seed, OTHER_ORDER)));
  }

  /** Alarms with devices named by their place in the fleet, sorted. */
  private static List<String> alarms(DriftScenario scenario, long seed, long order) {
    World world = new World(scenario, seed, order);
    Map<String, String> places = new TreeMap<>();
    world.names().forEach(name -> places.put(name, "#" + places.size()));
    ProductionWatch production = new ProductionWatch(scenario, POLICY, world::device);
    play(world, List.of(production));
    return production.alarms().stream()
        .map(
            a ->
                "%d %s %d %s %s %s %s"
                    .formatted(
                        a.round(),
                        a.scope(),
                        a.cohort(),
                        places.getOrDefault(a.device(), a.device()),
                        a.kind(),
                        a.onset(),
                        a.withdrawn()))
        .sorted()
        .toList();
  }
}
