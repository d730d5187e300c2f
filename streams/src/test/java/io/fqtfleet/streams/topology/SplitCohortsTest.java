package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.ops.Meters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Cohorts in shards, in the whole topology: what they decide, interrupted and replayed. */
class SplitCohortsTest {
  private static final int ROUNDS = 48;
  private static final List<String> DECIDED =
      List.of(Topics.ALERTS, Topics.DECISIONS, Topics.BUDGETS, Topics.COHORTS);
  private static final Map<String, Integer> SPLIT =
      Map.of(FleetStory.DRIFTED, 4, "line-2", 3, "line-3", 8);

  private static FleetTopology.Settings settings(Map<String, Integer> shards) {
    return new FleetTopology.Settings(DriverRig.APPLICATION, 200, 60_000, shards);
  }

  private static DriverRig rig(Map<String, Integer> shards) {
    return new DriverRig(
        FleetTopology.build(
            settings(shards),
            new Meters(),
            org.apache.kafka.streams.state.Stores::inMemoryKeyValueStore));
  }

  private static SyntheticFleet fleet(long seed) {
    return new SyntheticFleet(5, 8, 0.05, seed);
  }

  private static Map<String, List<String>> lines(DriverRig... rigs) {
    Map<String, List<String>> lines = new HashMap<>();
    for (String topic : DECIDED) {
      lines.put(topic, Stream.of(rigs).flatMap(rig -> rig.lines(topic).stream()).sorted().toList());
    }
    return lines;
  }

  private static Map<String, List<String>> decided(Map<String, Integer> shards, long seed) {
    try (DriverRig rig = rig(shards)) {
      new FleetStory(rig, fleet(seed), null).run(ROUNDS, false);
      assertEquals(List.of(), rig.lines(Topics.DEAD_LETTERS));
      return lines(rig);
    }
  }

  @Test
  void splittingCohortsChangesNothingThatIsDecided() {
    long seed = 41;
    Map<String, List<String>> whole = decided(Map.of(), seed);
    assertTrue(whole.get(Topics.ALERTS).size() >= 3, "the story has its alerts");
    assertEquals(whole, decided(SPLIT, seed), "seed " + seed);
  }

  @Test
  void goingOnElsewhereWithTheStoresChangesNothing() {
    long seed = 42;
    Map<String, List<String>> through = decided(SPLIT, seed);
    int before = FleetStory.DRIFT_ROUND + 4;
    try (DriverRig first = rig(SPLIT)) {
      FleetStory story = new FleetStory(first, fleet(seed), null);
      story.run(before, false);
      KeptStores kept = new KeptStores(first);
      long nowMs = DriverRig.START_MS + (long) before * DriverRig.ROUND_MS;
      try (DriverRig second =
          new DriverRig(
              FleetTopology.build(settings(SPLIT), new Meters(), kept::supplier), nowMs)) {
        first
            .written(Topics.COHORTS)
            .forEach(r -> second.send(Topics.COHORTS, r.key(), r.value(), r.timestamp()));
        story.moveTo(second);
        story.run(ROUNDS - before, false);
        assertEquals(through, lines(first, second), "seed " + seed);
      }
    }
  }

  @Test
  void replayingTheEvidenceDecidesTheSame() {
    long seed = 43;
    try (DriverRig rig = rig(SPLIT);
        DriverRig again = new DriverRig(FleetTopology.replay(settings(Map.of()), new Meters()))) {
      new FleetStory(rig, fleet(seed), null).run(ROUNDS, false);
      rig.written(Topics.EVIDENCE)
          .forEach(r -> again.send(Topics.EVIDENCE, r.key(), r.value(), r.timestamp()));
      assertEquals(lines(rig), lines(again), "seed " + seed);
    }
  }

  @Test
  void otherShardsMeanThatDevicesStartAnewAndKeepTheirVersions() {
    long seed = 44;
    try (DriverRig first = rig(Map.of())) {
      FleetStory story = new FleetStory(first, fleet(seed), null);
      story.run(10, false);
      KeptStores kept = new KeptStores(first);
      long nowMs = DriverRig.START_MS + 10L * DriverRig.ROUND_MS;
      try (DriverRig second =
          new DriverRig(
              FleetTopology.build(settings(SPLIT), new Meters(), kept::supplier), nowMs)) {
        story.moveTo(second);
        story.run(6, false);
        assertEquals(List.of(), second.alerts());
        assertTrue(
            second.budgets().stream().allMatch(b -> b.getVersion() >= 2),
            "versions go on: " + second.budgets());
        long known =
            second.health().stream()
                .filter(h -> h.getCohort().equals(FleetStory.DRIFTED))
                .reduce((a, b) -> b)
                .orElseThrow()
                .getDevicesKnown();
        assertEquals(8, known);
      }
    }
  }
}
