package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.ops.Meters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The same reports give the same alerts, however they are named, spread or interrupted. */
class ReplayTest {
  private static final int COHORTS = 6;
  private static final int PER_COHORT = 8;
  private static final int ROUNDS = 48;
  private static final List<String> DECIDED =
      List.of(Topics.ALERTS, Topics.DECISIONS, Topics.BUDGETS, Topics.COHORTS);

  private static SyntheticFleet fleet(long seed) {
    return new SyntheticFleet(COHORTS, PER_COHORT, 0.05, seed);
  }

  private static Map<String, List<String>> decided(int partitions, long seed) {
    try (PartitionedRig rig = new PartitionedRig(partitions)) {
      new FleetStory(rig, fleet(seed), null).run(ROUNDS, false);
      assertTrue(partitions == 1 || rig.used() > 1, partitions + " partitions are one");
      Map<String, List<String>> lines = new HashMap<>();
      DECIDED.forEach(topic -> lines.put(topic, rig.lines(topic)));
      return lines;
    }
  }

  @Test
  void theNumberOfPartitionsChangesNothing() {
    long seed = 21;
    Map<String, List<String>> one = decided(1, seed);
    assertTrue(one.get(Topics.ALERTS).size() >= 3, "the story has its alerts");
    assertEquals(one, decided(4, seed), "4 partitions, seed " + seed);
    assertEquals(one, decided(16, seed), "16 partitions, seed " + seed);
  }

  @Test
  void goingOnElsewhereWithTheStoresChangesNothing() {
    long seed = 22;
    Map<String, List<String>> through = decided(1, seed);
    // In the middle of an incident, of a trial, and with evidence that no round has used yet.
    int before = FleetStory.DRIFT_ROUND + 4;
    Map<String, List<String>> lines = new HashMap<>();
    try (DriverRig first = new DriverRig()) {
      FleetStory story = new FleetStory(first, fleet(seed), null);
      story.run(before, false);
      KeptStores kept = new KeptStores(first);
      assertTrue(kept.size() > 2 * COHORTS * PER_COHORT, kept.size() + " entries");
      long nowMs = DriverRig.START_MS + (long) before * DriverRig.ROUND_MS;
      try (DriverRig second =
          new DriverRig(
              FleetTopology.build(DriverRig.SETTINGS, new Meters(), kept::supplier), nowMs)) {
        first
            .written(Topics.COHORTS)
            .forEach(r -> second.send(Topics.COHORTS, r.key(), r.value(), r.timestamp()));
        story.moveTo(second);
        story.run(ROUNDS - before, false);
        for (String topic : DECIDED) {
          lines.put(
              topic,
              Stream.concat(first.lines(topic).stream(), second.lines(topic).stream())
                  .sorted()
                  .toList());
        }
      }
    }
    assertEquals(through, lines, "seed " + seed);
  }

  /** What an alert or a decision says, with the names that devices had before; no sums. */
  private static List<String> told(long seed, Map<String, String> names) {
    Map<String, String> origins = new HashMap<>();
    names.forEach((origin, name) -> origins.put(name, origin));
    SyntheticFleet fleet =
        new SyntheticFleet(COHORTS, PER_COHORT, 0.05, seed, id -> names.getOrDefault(id, id));
    List<String> told = new ArrayList<>();
    try (DriverRig rig = new DriverRig()) {
      new FleetStory(rig, fleet, null).run(ROUNDS, false);
      for (Alert alert : rig.alerts()) {
        told.add(
            Stream.of(
                    alert.getKind(),
                    alert.getStatus(),
                    origins.getOrDefault(alert.getKey(), alert.getKey()),
                    alert.getCohort(),
                    alert.getUpdatedAtMs(),
                    alert.getOnsetMs(),
                    alert.getAffectedDevices())
                .map(String::valueOf)
                .toList()
                .toString());
      }
      for (Decision decision : rig.decisions()) {
        String device = decision.getDevice();
        told.add(
            Stream.of(
                    decision.getReason(),
                    decision.getCohort(),
                    device == null ? "" : origins.getOrDefault(device, device),
                    decision.getRound(),
                    decision.getBudgetVersion())
                .map(String::valueOf)
                .toList()
                .toString());
      }
    }
    Collections.sort(told);
    return told;
  }

  @Test
  void theNamesOfDevicesChangeNothing() {
    for (long seed = 23; seed < 25; seed++) {
      Map<String, String> names = new HashMap<>();
      for (int c = 0; c < COHORTS; c++) {
        List<String> ids = new ArrayList<>();
        for (int d = 0; d < PER_COHORT; d++) {
          ids.add("dev-%d-%02d".formatted(c, d));
        }
        List<String> mixed = new ArrayList<>(ids);
        Collections.shuffle(mixed, new Random(seed));
        for (int d = 0; d < PER_COHORT; d++) {
          names.put(ids.get(d), mixed.get(d));
        }
      }
      List<String> plain = told(seed, Map.of());
      assertTrue(plain.size() > COHORTS * PER_COHORT, "the story has its decisions");
      assertEquals(plain, told(seed, names), "seed " + seed);
    }
  }
}
