package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.DetectorChoice;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.Policy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One incident, one alert; withdrawn when late data says otherwise; by the detector of choice. */
class IncidentStoriesTest {
  private static final int WARM = 60;

  private static World warm(int cohorts, int perCohort, long seed) {
    World world = new World(cohorts, perCohort, seed);
    assertEquals(List.of(), World.fired(world.run(WARM)), "seed " + seed);
    return world;
  }

  @Test
  void aTenthOfTheCohortIsOneIncidentAndNotOnePerDevice() {
    for (long seed = 1; seed <= 5; seed++) {
      World world = warm(3, 30, seed);
      world.cohort(1).list().subList(0, 3).forEach(device -> device.drift(0.4));
      List<Alert> alerts = world.run(15);
      assertEquals(List.of("DOMAIN_DRIFT c01"), World.fired(alerts), "seed " + seed);
      Alert alert = alerts.get(0);
      assertEquals(3, alert.getAffectedDevices(), "seed " + seed);
      assertTrue(alert.getEvidence().getCurrent() > 0.25, alert.toString());
      world.cohort(1).list().forEach(device -> device.drift(0.05));
      List<Alert> after = world.run(30);
      assertEquals(List.of(), World.fired(after), "seed " + seed);
      assertEquals(AlertStatus.RESOLVED, after.get(after.size() - 1).getStatus(), "seed " + seed);
    }
  }

  @Test
  void oneDeviceAloneStaysOneDevice() {
    for (long seed = 1; seed <= 5; seed++) {
      World world = warm(3, 30, seed);
      world.cohort(1).list().get(4).drift(0.5);
      assertEquals(List.of("DEVICE_DRIFT d01-004"), World.fired(world.run(7)), "seed " + seed);
    }
  }

  /** Most devices were cut off; the few that were heard happened to be in trouble. */
  private static World raisedByFew(long seed) {
    World world = warm(3, 20, seed);
    List<World.Device> devices = world.cohort(1).list();
    devices.subList(4, 20).forEach(device -> device.silent = true);
    long cutMs = World.START_MS + (long) world.round * World.ROUND_MS;
    devices.subList(0, 4).forEach(device -> device.error = 0.3);
    int rounds = 0;
    while (world.cohort(1).card.alert == null && rounds++ < 12) {
      world.run(1);
    }
    Alert alert = world.cohort(1).card.alert;
    assertEquals(AlertScope.COHORT, alert.getScope(), "seed " + seed);
    devices.subList(0, 4).forEach(device -> device.error = 0.05);
    for (World.Device device : devices.subList(4, 20)) {
      device.silent = false;
      device.sinceMs = cutMs;
      device.catchesUp = 3 * rounds;
    }
    return world;
  }

  @Test
  void lateReportsThatRefuteAnAlertWithdrawIt() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = raisedByFew(seed);
      world.cohort(1).list().subList(4, 20).forEach(device -> device.error = 0.02);
      String id = world.cohort(1).card.alert.getId();
      List<Alert> alerts = world.run(1);
      long which = seed;
      Alert last =
          alerts.stream()
              .filter(a -> a.getId().equals(id))
              .reduce((a, b) -> b)
              .orElseThrow(() -> new AssertionError("no word on the alert, seed " + which));
      assertEquals(AlertStatus.INVALIDATED, last.getStatus(), last.getSentence());
      assertTrue(last.getSentence().startsWith("Reports that came late show"));
      assertEquals(List.of(), World.fired(world.run(20)), "seed " + seed);
    }
  }

  @Test
  void lateReportsThatAgreeWithAnAlertLeaveIt() {
    World world = raisedByFew(4);
    world.cohort(1).list().subList(4, 20).forEach(device -> device.error = 0.3);
    assertTrue(
        world.run(2).stream().noneMatch(a -> a.getStatus() == AlertStatus.INVALIDATED), "seed 4");
  }

  @Test
  void thePolicyChoosesTheDetectorOfASignal() {
    World world = new World(2, 8, 7);
    DetectorChoice choice =
        DetectorChoice.newBuilder()
            .setSignal(DriftSignal.ERROR)
            .setDetector("ddm")
            .setSettings(Map.of("warmup", "30"))
            .build();
    world.policy =
        Policy.newBuilder(world.policy)
            .setDriftSettings(
                DriftSettings.newBuilder()
                    .setSignals(List.of(DriftSignal.ERROR))
                    .setDetectors(List.of(choice))
                    .build())
            .build();
    world.run(WARM);
    world.cohort(0).list().get(2).error = 0.9;
    List<Alert> alerts = world.run(12);
    Alert alert =
        alerts.stream().filter(a -> a.getKey().equals("d00-002")).findFirst().orElseThrow();
    assertEquals(AlertKind.DEVICE_DRIFT, alert.getKind());
    assertEquals("ddm/error", alert.getEvidence().getStatistic());
    assertTrue(alert.getEvidence().getBoundIsEmpirical());
    byte[] stored = world.cohort(0).cards.get("d00-003").toBytes();
    assertArrayEquals(stored, DeviceCard.of(stored).toBytes());
  }
}
