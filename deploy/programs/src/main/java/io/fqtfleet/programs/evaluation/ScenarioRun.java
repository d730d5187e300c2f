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
   * @param rounds that were scored
   * @param nanosPerReport of production
   * @param bytesPerDevice of production
   */
  record Result(
      Map<String, Score> scores, int rounds, double nanosPerReport, double bytesPerDevice) {}

  private ScenarioRun() {}

  /** Scenarios that share their start, with one seed: the start is played once. */
  static List<Result> run(List<DriftScenario> group, long seed, Policy policy) {
    DriftScenario first = group.get(0);
    World world = new World(first, seed, 0);
    Map<String, Watch> watches = watches(world, policy);
    if (group.size() == 1) {
      play(world, watches.values(), 0, first.rounds());
      return List.of(result(world, watches, 0));
    }
    play(world, watches.values(), 0, DriftScenario.START_ROUNDS);
    List<Result> results = new ArrayList<>();
    for (DriftScenario scenario : group) {
      World next = world.fork(scenario);
      Map<String, Watch> forks = new LinkedHashMap<>();
      watches.forEach((name, watch) -> forks.put(name, watch.fork(next)));
      play(next, forks.values(), DriftScenario.START_ROUNDS, scenario.rounds());
      results.add(result(next, forks, DriftScenario.START_ROUNDS));
    }
    return results;
  }

  private static Map<String, Watch> watches(World world, Policy policy) {
    DriftScenario scenario = world.scenario();
    Map<String, Watch> watches = new LinkedHashMap<>();
    watches.put(PRODUCTION, new ProductionWatch(scenario, policy, world::device));
    watches.putAll(Baselines.of(scenario, world.truths()));
    return watches;
  }

  private static Result result(World world, Map<String, Watch> watches, int from) {
    Map<String, Score> scores = new LinkedHashMap<>();
    watches.forEach(
        (name, watch) ->
            scores.put(name, Scoring.of(world.scenario(), world.truths(), watch.alarms())));
    ProductionWatch production = (ProductionWatch) watches.get(PRODUCTION);
    return new Result(
        scores,
        world.scenario().rounds() - from,
        production.nanosPerReport(),
        production.bytesPerDevice());
  }

  /** Production alone. */
  static Score production(DriftScenario scenario, long seed, Policy policy) {
    World world = new World(scenario, seed, 0);
    ProductionWatch production = new ProductionWatch(scenario, policy, world::device);
    play(world, List.of(production), 0, scenario.rounds());
    return Scoring.of(scenario, world.truths(), production.alarms());
  }

  private static void play(World world, Iterable<Watch> watches, int from, int to) {
    DriftScenario scenario = world.scenario();
    for (int round = from; round < to; round++) {
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
    play(world, List.of(production), 0, scenario.rounds());
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
