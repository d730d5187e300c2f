package io.fqtfleet.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What labelled, unlabelled and pseudo-labelled windows yield and cost after a mild and a hard
 * change of the world; leaves the firmware README's table in target/labels.txt.
 */
@NeedsAgent
class LabelKindsTest {
  private static final int SEEDS = 3;
  private static final int ADAPT = 900;
  private static final int TEST = 1_000;
  private static final int NO_PSEUDO = 0;
  private static final int SURE = 900;
  private static final Path CACHE = Path.of("target/label-kinds");

  private final SignalSpace space = scenario().generated();

  private static Scenario scenario() {
    return Scenario.read(Path.of("scenarios/demo.yaml"));
  }

  /** Means over the seeds. */
  private record Yield(double before, double after, double trained, double macs) {}

  @Test
  void labelsTeachSureGuessesTeachLittleAndNoLabelsNothing() throws IOException {
    StringBuilder table = new StringBuilder();
    for (String domain : List.of("hall-d", "hall-b-rebuilt")) {
      Yield labelled = row(table, domain, "labelled", true, NO_PSEUDO);
      Yield pseudo = row(table, domain, "pseudo-labelled above 0.9", false, SURE);
      Yield unlabelled = row(table, domain, "unlabelled", false, NO_PSEUDO);
      assertEquals(unlabelled.before(), unlabelled.after(), table.toString());
      assertEquals(0, unlabelled.trained(), table.toString());
      assertEquals(1, labelled.trained(), table.toString());
      assertTrue(pseudo.trained() > 0 && pseudo.trained() < 1, table.toString());
      assertTrue(labelled.after() >= pseudo.after(), table.toString());
    }
    Files.createDirectories(Path.of("target"));
    Files.writeString(Path.of("target/labels.txt"), table);
  }

  private Yield row(StringBuilder table, String domain, String name, boolean labels, int pseudo) {
    double before = 0;
    double after = 0;
    double trained = 0;
    double macs = 0;
    for (int seed = 1; seed <= SEEDS; seed++) {
      FactoryModel factory = new ModelTrainer(space, List.of("hall-a"), seed).cached(CACHE);
      SampleSource world = space.source(domain, seed, 0);
      before += accuracy(factory.page(), world);
      try (NativeAgent agent = agent(factory.page(), true, pseudo)) {
        feed(agent, world, 0, ADAPT, labels);
        NativeAgent.Counters counters = agent.counters();
        trained += (double) counters.trained() / ADAPT;
        macs += (double) (counters.macsForward() + counters.macsBackward()) / ADAPT;
        after += accuracy(agent.exportModel(), world);
      }
    }
    Yield mean = new Yield(before / SEEDS, after / SEEDS, trained / SEEDS, macs / SEEDS);
    table.append(
        "| %s | %s | %.1f | %.1f | %.0f %% | %.0f |%n"
            .formatted(
                domain,
                name,
                100 * mean.before(),
                100 * mean.after(),
                100 * mean.trained(),
                mean.macs()));
    return mean;
  }

  private static double accuracy(byte[] page, SampleSource world) {
    try (NativeAgent agent = agent(page, false, NO_PSEUDO)) {
      feed(agent, world, ADAPT, TEST, true);
      return (double) agent.counters().correct() / TEST;
    }
  }

  private static void feed(
      NativeAgent agent, SampleSource world, long first, int count, boolean labelled) {
    short[] samples = new short[count * SampleSource.WINDOW];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      byte label = (byte) world.window(first + i, samples, i * SampleSource.WINDOW);
      labels[i] = labelled ? label : NativeAgent.NO_LABEL;
    }
    agent.windows(samples, labels, 0, 1);
  }

  private static NativeAgent agent(byte[] page, boolean training, int pseudoPermille) {
    BudgetTerms terms =
        BudgetTerms.newBuilder()
            .setTraining(training)
            .setLambdaMinPermille(1000)
            .setLambdaMaxPermille(1000)
            .setFirstTrainableLayer(0)
            .setLearningRate(10_486)
            .setBatchSize(8)
            .setTrainEveryNth(1)
            .setPseudoLabelPermille(pseudoPermille)
            .setEnergyCapacityMilliJoule(1_000_000)
            .setEnergyRefillMilliJoulePerHour(1_000_000)
            .setReportIntervalMs(1000)
            .build();
    ProvisioningPage identity =
        new ProvisioningPage("d", "c", "host", 0, new byte[32], List.of(), terms);
    return NativeAgent.open(identity.toBytes(), page, 1, 1);
  }
}
