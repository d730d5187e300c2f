package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.ops.Meters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The production topology, driven in lock-step through one story. */
class FleetTopologyTest {
  private static final int ROUNDS = 80;
  private static final List<String> DECIDED =
      List.of(Topics.DECISIONS, Topics.BUDGETS, Topics.ALERTS, Topics.COHORTS);

  private static Map<String, List<String>> tell(long seed, Random order, boolean stuck) {
    try (DriverRig rig = new DriverRig()) {
      new FleetStory(rig, 10, seed, order).run(ROUNDS, stuck);
      return decided(rig);
    }
  }

  private static Map<String, List<String>> decided(DriverRig rig) {
    Map<String, List<String>> lines = new HashMap<>();
    DECIDED.forEach(topic -> lines.put(topic, rig.lines(topic)));
    return lines;
  }

  private static long roundOf(long atMs) {
    return (atMs - DriverRig.START_MS) / DriverRig.ROUND_MS - 1;
  }

  @Test
  void theRightCohortAndTheRightDeviceAreFoundAndNothingElse() {
    for (long seed = 1; seed <= 3; seed++) {
      for (int perCohort : seed == 1 ? new int[] {10, 50} : new int[] {10}) {
        try (DriverRig rig = new DriverRig()) {
          new FleetStory(rig, perCohort, seed, null).run(ROUNDS, false);
          String story = "seed " + seed + ", " + perCohort + " per cohort: ";
          List<String> firing = new ArrayList<>();
          for (Alert alert : rig.alerts()) {
            if (alert.getStatus() == AlertStatus.FIRING) {
              firing.add(alert.getKind() + " " + alert.getKey());
              long late = roundOf(alert.getRaisedAtMs()) - FleetStory.DRIFT_ROUND;
              long most = alert.getKind() == AlertKind.DEVICE_FAULT ? 36 : 3;
              assertTrue(late >= 0 && late < most, story + alert);
              long off = alert.getOnsetMs() - DriverRig.START_MS;
              long onset = (long) FleetStory.DRIFT_ROUND * DriverRig.ROUND_MS;
              assertTrue(Math.abs(off - onset) <= 2 * DriverRig.ROUND_MS, story + alert);
            }
          }
          assertEquals(
              List.of(
                  "DEVICE_DRIFT " + FleetStory.BROKEN,
                  "DEVICE_FAULT " + FleetStory.BROKEN,
                  "DOMAIN_DRIFT " + FleetStory.DRIFTED),
              firing.stream().sorted().toList(),
              story);
          assertTrue(
              rig.alerts().stream()
                  .anyMatch(
                      a ->
                          a.getKind() == AlertKind.DOMAIN_DRIFT
                              && a.getStatus() == AlertStatus.RESOLVED
                              && a.getAffectedDevices() >= 0.9 * perCohort),
              story + "the drift was not resolved");
          assertEquals(List.of(), rig.written(Topics.DEAD_LETTERS), story);
        }
      }
    }
  }

  @Test
  void aStuckSensorIsAFaultWithoutATrial() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = new FleetStory(rig, 10, 3, null);
      story.run(ROUNDS / 2, true);
      List<Alert> own =
          rig.alerts().stream().filter(a -> a.getKey().equals(FleetStory.BROKEN)).toList();
      assertEquals(1, own.size(), own.toString());
      assertEquals(AlertKind.DEVICE_FAULT, own.get(0).getKind());
      assertEquals(FleetStory.DRIFT_ROUND + 1, roundOf(own.get(0).getRaisedAtMs()));
      assertEquals(false, story.fleet().devices.get(FleetStory.BROKEN).terms.getTraining());
    }
  }

  @Test
  void oneSeedGivesTheSameBytesTwice() {
    assertEquals(tell(7, null, false), tell(7, null, false));
  }

  @Test
  void theOrderWithinARoundChangesNothing() {
    assertEquals(tell(7, null, false), tell(7, new Random(99), false), "order seed 99");
    assertEquals(tell(8, null, true), tell(8, new Random(100), true), "order seed 100");
  }

  @Test
  void replayingTheEvidenceReproducesEveryDecision() {
    try (DriverRig rig = new DriverRig();
        DriverRig again = new DriverRig(FleetTopology.replay(DriverRig.SETTINGS, new Meters()))) {
      new FleetStory(rig, 10, 11, null).run(ROUNDS, true);
      assertTrue(rig.written(Topics.EVIDENCE).size() > 40 * ROUNDS);
      rig.written(Topics.EVIDENCE)
          .forEach(r -> again.send(Topics.EVIDENCE, r.key(), r.value(), r.timestamp()));
      assertEquals(decided(rig), decided(again));
    }
  }

  @Test
  void noBudgetWithoutADecisionAndVersionsRise() {
    try (DriverRig rig = new DriverRig()) {
      new FleetStory(rig, 10, 5, null).run(ROUNDS, false);
      TreeSet<String> decided = new TreeSet<>();
      for (Decision decision : rig.decisions()) {
        decided.add(decision.getDevice() + "/" + decision.getBudgetVersion());
      }
      Map<String, Long> versions = new HashMap<>();
      for (UpdateBudget budget : rig.budgets()) {
        assertTrue(decided.contains(budget.getDevice() + "/" + budget.getVersion()));
        Long before = versions.put(budget.getDevice(), budget.getVersion());
        assertTrue(before == null || before < budget.getVersion(), budget.toString());
      }
      assertEquals(40, versions.size());
    }
  }

  @Test
  void cohortHealthHasEveryRoundOnceAndAddsUp() {
    try (DriverRig rig = new DriverRig()) {
      FleetStory story = new FleetStory(rig, 10, 6, null);
      story.run(30, false);
      rig.advance(2 * DriverRig.ROUND_MS);
      List<Long> rounds = new ArrayList<>();
      long labelled = 0;
      for (var health : rig.health()) {
        labelled += health.getSamplesLabelled();
        if (health.getCohort().equals("line-0")) {
          rounds.add(roundOf(health.getRoundEndMs()));
        }
      }
      assertEquals(30L * 40 * FleetStory.SAMPLES, labelled);
      List<Long> sorted = new ArrayList<>(new TreeSet<>(rounds));
      assertEquals(sorted, rounds);
      Collections.sort(rounds);
      assertEquals(0, rounds.get(0));
    }
  }
}
