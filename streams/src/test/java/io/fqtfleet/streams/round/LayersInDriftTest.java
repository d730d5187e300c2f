package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.state.LayerEvidence;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which layers a drifting cohort trains, from the counters of its reports to its budgets. */
class LayersInDriftTest {
  private static final long SEED = 5;
  private static final LayerEvidence LAST_CALM = layer(0.1, 320, 0);

  /** Of ten samples with this mean squared gradient norm. */
  private static LayerEvidence layer(double gradient, long weights, int clampedPercent) {
    long sum = Math.round(10 * gradient * (1 << 24));
    return new LayerEvidence(sum, 10L, (long) clampedPercent, 100L, weights, weights);
  }

  /** Some rounds after the world of its second cohort changed, which shows in the first layer. */
  private static World drifted(boolean chooses, LayerEvidence first) {
    World world = new World(2, 20, SEED);
    world.policy = Policy.newBuilder(Policies.DEFAULT).setChooseLayers(chooses).build();
    for (World.Device device : world.all()) {
      device.firstLayer = 1;
      device.layers = List.of(LAST_CALM);
    }
    world.run(60);
    for (World.Device device : world.cohort(1).list()) {
      device.drift(0.5);
      device.firstLayer = 0;
      device.layers = List.of(first, layer(100, 320, 0));
    }
    world.run(8);
    return world;
  }

  private static void assertTrainFrom(int layer, World world) {
    for (DeviceCard card : world.cohort(1).cards.values()) {
      assertEquals(Standing.DRIFT, card.standing());
      assertEquals(layer, card.budget().getTerms().getFirstTrainableLayer());
      byte[] bytes = card.toBytes();
      assertArrayEquals(bytes, DeviceCard.of(bytes).toBytes());
    }
    for (DeviceCard card : world.cohort(0).cards.values()) {
      assertEquals(15, card.budget().getTerms().getFirstTrainableLayer(), "quiet terms");
    }
  }

  private static boolean isSaid(World world, String words) {
    return world.outcomes.stream()
        .flatMap(outcome -> outcome.decisions().stream())
        .map(Decision::getSentence)
        .anyMatch(sentence -> sentence.contains(words));
  }

  @Test
  void aLayerWhoseGradientHardlyRoseIsLeftOut() {
    World world = drifted(true, layer(0.0001, 2048, 0));
    assertTrainFrom(1, world);
    assertTrue(isSaid(world, "of layers from 1 on (rise of the gradient per mJ, of the best"));
    assertTrue(isSaid(world, "layer 0 0.00, layer 1 1.00"));
  }

  @Test
  void aLayerThatIsWorthItsEnergyTrains() {
    World world = drifted(true, layer(100, 2048, 0));
    assertTrainFrom(0, world);
  }

  @Test
  void aSaturatedLayerIsSkipped() {
    World world = drifted(true, layer(100, 2048, 50));
    assertTrainFrom(1, world);
    assertTrue(isSaid(world, "(saturated)"));
  }

  @Test
  void withoutTheChoiceTheTermsHold() {
    World world = drifted(false, layer(0.0001, 2048, 0));
    assertTrainFrom(0, world);
    assertTrue(world.cohort(1).cards.values().stream().allMatch(card -> card.layers == null));
  }

  @Test
  void theQuietTermsReturnWithTheWorld() {
    World world = drifted(true, layer(0.0001, 2048, 0));
    world
        .cohort(1)
        .list()
        .forEach(
            device -> {
              device.drift(0.05);
              device.layers = List.of(layer(0.0001, 2048, 0), LAST_CALM);
            });
    world.run(40);
    for (DeviceCard card : world.cohort(1).cards.values()) {
      assertEquals(15, card.budget().getTerms().getFirstTrainableLayer());
      assertEquals(-1, card.layers.first);
    }
  }
}
