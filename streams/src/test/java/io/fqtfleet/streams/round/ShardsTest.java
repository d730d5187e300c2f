package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** One cohort in parts decides what it decides as a whole, to the byte. */
class ShardsTest {
  private static final int ROUNDS = 20;

  /** A third of the cohort drifts, one device breaks, inputs of another are stuck. */
  private static World world(int devices, long seed, int parts, int split) {
    World world = new World(1, devices, seed);
    world.perShard = (devices + parts - 1) / parts;
    world.split = split;
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
    World whole = world(devices, seed, 1, 1);
    String kinds =
        whole.alerts.stream()
            .map(a -> a.getKind() + "/" + a.getScope())
            .distinct()
            .collect(Collectors.joining(" "));
    assertTrue(kinds.contains("DOMAIN_DRIFT/COHORT"), kinds + ", seed " + seed);
    for (int shards : new int[] {4, 16}) {
      String story = devices + " devices in " + shards + " shards, seed " + seed;
      World parts = world(devices, seed, shards, 1);
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

  private static List<String> sorted(List<?> all) {
    return all.stream().map(Object::toString).sorted().toList();
  }

  /** Shards that share nothing but their summaries' bytes decide what one task does. */
  private static void compareSplit(int devices, long seed) {
    World whole = world(devices, seed, 1, 1);
    for (int split : new int[] {2, 5}) {
      String story = devices + " devices split into " + split + ", seed " + seed;
      World parts = world(devices, seed, 1, split);
      for (int r = 0; r < whole.outcomes.size(); r++) {
        CohortRound.Outcome one = whole.outcomes.get(r);
        CohortRound.Outcome other = parts.outcomes.get(r);
        assertEquals(one.health().toString(), other.health().toString(), story + ", round " + r);
        assertEquals(sorted(one.alerts()), sorted(other.alerts()), story + ", round " + r);
        assertEquals(sorted(one.decisions()), sorted(other.decisions()), story + ", round " + r);
        assertEquals(sorted(one.budgets()), sorted(other.budgets()), story + ", round " + r);
      }
      assertEquals(cards(whole), cards(parts), story);
    }
  }

  @Test
  void aSmallCohortIsDecidedAlikeByAnyNumberOfShards() {
    compareSplit(60, 31);
  }

  @Test
  void aLargerCohortIsDecidedAlikeByAnyNumberOfShards() {
    compareSplit(400, 32);
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

  /** Share of a thousand devices that is left out, when a part of them has drifted. */
  private static double leftOut(double drifted, double logWhenDrifted, long seed) {
    Random random = new Random(seed);
    Suspects suspects = new Suspects();
    List<CohortRound.Member> members = new ArrayList<>();
    for (int d = 0; d < 1000; d++) {
      DeviceCard card = new DeviceCard();
      double log = d < 1000 * drifted ? logWhenDrifted + 9 * random.nextDouble() : -1;
      card.evidence = Math.exp(log + 2 * random.nextGaussian());
      members.add(new CohortRound.Member("d" + d, card, null));
      suspects.add(members.get(d), card.evidence);
    }
    Predicate<CohortRound.Member> outliers = suspects.outliers(card -> card.evidence);
    return members.stream().filter(outliers).count() / 1000.0;
  }

  @Test
  void ofManyDevicesAboutTheTwentiethWithTheMostEvidenceIsLeftOut() {
    for (long seed = 41; seed < 46; seed++) {
      for (double log : new double[] {0, 20, 200, 600}) {
        for (double drifted : new double[] {0, 0.02, 0.1, 0.5, 1}) {
          double share = leftOut(drifted, log, seed);
          String story = drifted + " at e^" + log + ": " + share + " left out, seed " + seed;
          // Evidence far beyond any threshold may lie closer together than a bin is wide.
          assertTrue(share >= (log > 20 ? 0 : 0.02) && share <= 0.1, story);
        }
      }
    }
  }

  @Test
  void whereNoDeviceHasEvidenceNoneIsLeftOut() {
    Suspects suspects = new Suspects();
    for (int d = 0; d < 1000; d++) {
      suspects.add(new CohortRound.Member("d" + d, new DeviceCard(), null), 0);
    }
    CohortRound.Member one = new CohortRound.Member("d7", new DeviceCard(), null);
    assertFalse(suspects.outliers(card -> 0).test(one));
  }
}
