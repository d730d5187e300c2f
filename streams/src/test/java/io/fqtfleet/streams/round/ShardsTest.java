package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** One cohort in parts decides what it decides as a whole, to the byte. */
class ShardsTest {
  private static final int ROUNDS = 20;

  /** A third of the cohort drifts, one device breaks, inputs of another are stuck. */
  private static World world(int devices, long seed, int shards) {
    World world = new World(1, devices, seed);
    world.perShard = (devices + shards - 1) / shards;
    world.run(ROUNDS);
    List<World.Device> all = world.cohort(0).list();
    all.get(0).error = 0.8;
    all.get(1).inputDeviation = 0;
    for (int d = 2; d < devices; d += 3) {
      all.get(d).drift(0.35);
    }
    world.run(ROUNDS);
    return world;
  }

  private static void compare(int devices, long seed) {
    World whole = world(devices, seed, 1);
    String kinds =
        whole.alerts.stream()
            .map(a -> a.getKind() + "/" + a.getScope())
            .distinct()
            .collect(Collectors.joining(" "));
    assertTrue(kinds.contains("DOMAIN_DRIFT/COHORT"), kinds + ", seed " + seed);
    for (int shards : new int[] {4, 16}) {
      String story = devices + " devices in " + shards + " shards, seed " + seed;
      World parts = world(devices, seed, shards);
      for (int r = 0; r < whole.outcomes.size(); r++) {
        CohortRound.Outcome one = whole.outcomes.get(r);
        CohortRound.Outcome other = parts.outcomes.get(r);
        // As text, in which NaN equals NaN.
        assertEquals(one.health().toString(), other.health().toString(), story + ", round " + r);
        assertEquals(one.alerts().toString(), other.alerts().toString(), story + ", round " + r);
        assertEquals(one.decisions().toString(), other.decisions().toString(), story);
        assertEquals(one.budgets(), other.budgets(), story + ", round " + r);
      }
      assertEquals(cards(whole), cards(parts), story);
    }
  }

  private static List<String> cards(World world) {
    return world.cohort(0).cards.values().stream()
        .map(card -> java.util.HexFormat.of().formatHex(card.toBytes()))
        .toList();
  }

  @Test
  void aSmallCohortIsDecidedAlikeInAnyNumberOfParts() {
    compare(60, 31);
  }

  @Test
  void aCohortWithMoreDevicesThanAreKeptOneByOneIsDecidedAlikeInAnyNumberOfParts() {
    compare(400, 32);
  }
}
