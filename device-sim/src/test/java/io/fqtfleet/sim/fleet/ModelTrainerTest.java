package io.fqtfleet.sim.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.NeedsAgent;
import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.device.SimDevice;
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.signal.DriftProfile;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import io.fqtfleet.sim.signal.SignalSpace.Change;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo's world can be learnt, its drift hurts, and it can be learnt again. */
@NeedsAgent
class ModelTrainerTest {
  private static final long SEED = 20;
  private static final String HOME = "hall-b";
  private static final String NEW = "hall-b-rebuilt";

  /** Ten windows per second, so 100 ms each. */
  private static final long STEP_MS = 100;

  private final Scenario demo = Scenario.read(Path.of("scenarios/demo.yaml"));
  private final SignalSpace space = demo.generated();

  @Test
  void aTrainedModelKnowsItsDomainsLosesTheNewOneAndLearnsIt() {
    FactoryModel model = new ModelTrainer(space, demo.sourceDomains(), SEED).train();
    assertTrue(model.testAccuracy() >= 0.9, "seed " + SEED + ": " + model.testAccuracy());

    long onset = 1000;
    Judged before;
    Judged frozen;
    try (SimDevice device = device(model, false, onset)) {
      before = run(device, 0, onset);
      frozen = run(device, onset, onset + 1000);
    }
    assertTrue(share(before) >= 0.9, "before: " + before);
    assertTrue(share(before) - share(frozen) >= 0.25, before + " then " + frozen);

    try (SimDevice device = device(model, true, onset)) {
      Judged trainingBefore = run(device, 0, onset);
      run(device, onset, onset + 800);
      Judged recovered = run(device, onset + 800, onset + 1600);
      assertTrue(
          share(trainingBefore) - share(recovered) <= 0.08,
          "seed %d: %s before, %s recovered".formatted(SEED, trainingBefore, recovered));
    }
  }

  private SimDevice device(FactoryModel model, boolean training, long onset) {
    FactorySpec factory = new FactorySpec(training, 1000, 1000, 0, null, null, null, null, null);
    ProvisioningPage page =
        new ProvisioningPage(
            "d", "c", "host", 0, new byte[32], List.of(), factory.terms(Duration.ofSeconds(2)));
    SampleSource home = space.source(HOME, SEED, 0);
    SampleSource source =
        space.drift(home, new Change(HOME, NEW, DriftProfile.ABRUPT, onset, 0), SEED);
    return new SimDevice(
        "d",
        NativeAgent.open(page.toBytes(), model.page(), 1, 1),
        source,
        LabelRule.right(SEED, space.classNames().size(), 1),
        10);
  }

  private static Judged run(SimDevice device, long fromWindow, long untilWindow) {
    Judged start = device.judged();
    for (long window = fromWindow; window <= untilWindow; window += 5) {
      device.tick(window * STEP_MS, 100);
    }
    return device.judged().minus(start);
  }

  private static double share(Judged judged) {
    return (double) judged.correct() / judged.labelled();
  }

  @Test
  void cachedWeightsAreTheTrainedOnesAndDamagedOnesAreRefused(@TempDir Path directory)
      throws IOException {
    ModelTrainer trainer = new ModelTrainer(space, List.of("hall-a"), 3);
    FactoryModel first = trainer.cached(directory);
    FactoryModel second = trainer.cached(directory);
    assertArrayEquals(first.page(), second.page());
    assertEquals(first.testAccuracy(), second.testAccuracy());
    assertEquals(first.backwardMacsPerWindow(), second.backwardMacsPerWindow());
    // 64-32-10: gradients of both layers, and the error through the last
    assertTrue(
        first.backwardMacsPerWindow() >= 64 * 32 + 2 * 32 * 10,
        "MACs " + first.backwardMacsPerWindow());

    try (var files = Files.list(directory)) {
      Path page = files.filter(f -> f.toString().endsWith(".fqtm")).findFirst().orElseThrow();
      byte[] bytes = Files.readAllBytes(page);
      bytes[200] ^= 1;
      Files.write(page, bytes);
    }
    assertTrue(
        assertThrows(IllegalStateException.class, () -> trainer.cached(directory))
            .getMessage()
            .endsWith("is damaged; delete both to train again"));
  }

  @Test
  void oneSeedGivesTheSameWeightsAndAnotherSeedOthers() {
    byte[] weights = new ModelTrainer(space, List.of("hall-a"), 5).train().page();
    assertArrayEquals(weights, new ModelTrainer(space, List.of("hall-a"), 5).train().page());
    byte[] others = new ModelTrainer(space, List.of("hall-a"), 6).train().page();
    assertTrue(!java.util.Arrays.equals(weights, others));
  }
}
