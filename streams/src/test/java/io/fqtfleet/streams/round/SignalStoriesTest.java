package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is found without labels, and that what all share is nobody's drift. */
class SignalStoriesTest {
  private static World unlabelled(int cohorts, int perCohort, long seed) {
    World world = new World(cohorts, perCohort, seed);
    world.all().forEach(device -> device.labelledShare = 0);
    return world;
  }

  @Test
  void aQuietFleetRaisesNothing() {
    for (long seed = 1; seed <= 3; seed++) {
      World labelled = new World(4, 10, seed);
      assertEquals(List.of(), World.fired(labelled.run(400)), "seed " + seed);
      assertEquals(List.of(), World.fired(unlabelled(4, 10, seed).run(400)), "seed " + seed);
    }
  }

  @Test
  void aCohortWithoutLabelsIsFoundByWhatItsDevicesSee() {
    for (long seed = 1; seed <= 5; seed++) {
      World world = unlabelled(4, 20, seed);
      assertEquals(List.of(), World.fired(world.run(60)), "seed " + seed);
      world.cohort(1).list().forEach(device -> device.drift(0.4));
      List<Alert> alerts = world.run(12);
      assertEquals(List.of("DOMAIN_DRIFT c01"), World.fired(alerts), "seed " + seed);
      Alert alert = alerts.get(0);
      assertTrue(alert.getEvidence().getBoundIsEmpirical(), alert.toString());
      assertTrue(!alert.getEvidence().getStatistic().contains("error"), alert.toString());
      assertTrue(alert.getAffectedDevices() >= 18, alert.toString());
      long late = alert.getOnsetMs() - World.START_MS - 60L * World.ROUND_MS;
      assertTrue(Math.abs(late) <= 2L * World.ROUND_MS, "seed " + seed + " onset " + late);
      world.cohort(1).list().forEach(device -> device.drift(0.05));
      Alert last = world.run(40).stream().reduce((a, b) -> b).orElseThrow();
      assertEquals(AlertStatus.RESOLVED, last.getStatus(), "seed " + seed + last);
    }
  }

  @Test
  void oneDeviceWithoutLabelsIsFoundAndItsCohortIsLeftAlone() {
    for (long seed = 1; seed <= 5; seed++) {
      World world = unlabelled(3, 10, seed);
      world.run(60);
      World.Device device = world.cohort(2).list().get(4);
      device.drift(0.6);
      device.inputDeviation = 300;
      List<String> fired = World.fired(world.run(40));
      assertEquals(
          List.of("DEVICE_DRIFT " + device.id, "DEVICE_FAULT " + device.id), fired, "seed " + seed);
    }
  }

  @Test
  void whatTheWholeFleetSharesIsNoDrift() {
    int uncorrected = 0;
    for (long seed = 1; seed <= 3; seed++) {
      World world = unlabelled(7, 10, seed);
      world.run(50);
      assertEquals(List.of(), World.fired(dayAndNight(world)), "seed " + seed);
      World few = unlabelled(3, 10, seed);
      few.run(50);
      uncorrected += World.fired(dayAndNight(few)).isEmpty() ? 0 : 1;
    }
    assertEquals(3, uncorrected, "with three cohorts nothing can be told apart");
  }

  private static List<Alert> dayAndNight(World world) {
    int before = world.alerts.size();
    for (int t = 0; t < 120; t++) {
      double swing = Math.sin(2 * Math.PI * t / 120);
      world
          .all()
          .forEach(
              device -> {
                device.inputMean = 25 * swing;
                device.confidence = 0.92 - 0.02 * swing;
              });
      world.run(1);
    }
    return world.alerts.subList(before, world.alerts.size());
  }
}
