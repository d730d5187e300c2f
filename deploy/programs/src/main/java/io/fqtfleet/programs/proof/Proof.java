package io.fqtfleet.programs.proof;

import io.fqtfleet.programs.report.Workers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.signal.FileDataSet;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** {@code fleet evaluate}: runs everything and shows what it gave. */
public final class Proof {
  /** Chosen so that all eight scenarios with five seeds end within ten minutes on two cores. */
  public static final int DEVICES = 12;

  public static final int ROUNDS = 150;
  public static final int WINDOWS_PER_ROUND = 10;

  /**
   * What was asked for.
   *
   * @param scenarios names; empty = all
   * @param data a data set's folder, or null for generated bearings
   * @param models where factory weights are kept between runs
   * @param policy of every cohort
   */
  public record Order(
      List<String> scenarios,
      int seeds,
      long firstSeed,
      int devices,
      int rounds,
      int windowsPerRound,
      Path data,
      Path models,
      Policy policy) {}

  private Proof() {}

  /** Runs on all processors. */
  public static ProofReport run(Order order, PrintStream out) throws IOException {
    Worlds worlds =
        order.data == null ? Worlds.generated() : Worlds.of(FileDataSet.read(order.data));
    List<ProofScenario> scenarios =
        order.scenarios.isEmpty()
            ? Arrays.asList(ProofScenario.values())
            : order.scenarios.stream().map(ProofScenario::of).toList();
    ProofSettings settings =
        new ProofSettings(
            worlds,
            scenarios,
            order.seeds,
            order.firstSeed,
            order.devices,
            order.rounds,
            order.windowsPerRound,
            order.policy);
    try (Workers workers = new Workers(Runtime.getRuntime().availableProcessors(), out)) {
      List<byte[]> models =
          workers.map(order.seeds, i -> model(worlds, order.firstSeed + i, order.models));
      List<ProofRun.Outcome> outcomes =
          workers.map(
              scenarios.size() * order.seeds,
              i -> {
                int seed = i % order.seeds;
                ProofScenario scenario = scenarios.get(i / order.seeds);
                ProofRun.Outcome outcome =
                    run(settings, scenario, order.firstSeed + seed, models.get(seed));
                workers.say("%s, seed %d: done".formatted(scenario.id(), order.firstSeed + seed));
                return outcome;
              });
      return new ProofReport(settings, outcomes);
    }
  }

  /** Every seed has factory weights of its own. */
  private static byte[] model(Worlds worlds, long seed, Path directory) {
    return new ModelTrainer(worlds.spaces().get(), worlds.homes(), seed).cached(directory).page();
  }

  private static ProofRun.Outcome run(
      ProofSettings settings, ProofScenario scenario, long seed, byte[] model) {
    try (ProofRun run = new ProofRun(settings, scenario, seed, model)) {
      return run.run();
    } catch (WireException e) {
      throw new IllegalStateException(
          "%s, seed %d: what a device wrote was refused".formatted(scenario.id(), seed), e);
    }
  }
}
