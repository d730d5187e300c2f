package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.budget.Standing;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One story per kind: what happens to a fleet, and the one name it gets. */
class AttributionTest {
  private static final int WARM = 60;

  private static World warm(int cohorts, int perCohort, long seed) {
    World world = new World(cohorts, perCohort, seed);
    assertEquals(List.of(), World.fired(world.run(WARM)), "seed " + seed);
    return world;
  }

  private static Alert last(List<Alert> alerts) {
    return alerts.get(alerts.size() - 1);
  }

  @Test
  void aChangedWorldIsDomainDriftAndNamesTheDevicesBehindIt() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = warm(4, 20, seed);
      world.cohort(1).list().forEach(device -> device.drift(0.4));
      List<Alert> alerts = world.run(8);
      assertEquals(List.of("DOMAIN_DRIFT c01"), World.fired(alerts), "seed " + seed);
      Alert alert = alerts.get(0);
      assertTrue(alert.getSignals().contains("ERROR"), alert.toString());
      assertEquals("", alert.getAttribute());
    }
  }

  @Test
  void wrongLabelsOfACohortAreNoDriftAndNothingTrainsOnThem() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = warm(4, 20, seed);
      world.cohort(1).list().forEach(device -> device.error = 0.25);
      List<Alert> alerts = world.run(8);
      assertEquals(List.of("LABEL_NOISE c01"), World.fired(alerts), "seed " + seed);
      world
          .cohort(1)
          .cards
          .forEach((id, card) -> assertEquals(Standing.STABLE, card.standing(), id));
      world.cohort(1).list().forEach(device -> device.error = 0.05);
      assertEquals(AlertStatus.RESOLVED, last(world.run(30)).getStatus(), "seed " + seed);
    }
  }

  @Test
  void aFewWrongLabelsAreToldByWhatStaysFlat() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = warm(4, 20, seed);
      world.cohort(1).list().forEach(device -> device.error = 0.11);
      List<Alert> alerts = world.run(20);
      assertEquals(List.of("LABEL_NOISE c01"), World.fired(alerts), "seed " + seed);
      World drifting = warm(4, 20, seed);
      drifting.cohort(1).list().forEach(device -> device.drift(0.11));
      assertEquals(List.of("DOMAIN_DRIFT c01"), World.fired(drifting.run(20)), "seed " + seed);
    }
  }

  @Test
  void aNetworkThatHasAlwaysBeenBadIsNoNews() {
    World world = new World(3, 10, 4);
    world.all().forEach(device -> device.lost = 2);
    assertEquals(List.of(), World.fired(world.run(WARM)));
    World.Device worse = world.cohort(1).list().get(4);
    worse.lost = 60;
    assertEquals(List.of("TELEMETRY_LOSS " + worse.id), World.fired(world.run(20)));
    worse.lost = 2;
    assertEquals(AlertStatus.RESOLVED, last(world.run(120)).getStatus());
    World.Device silent = world.cohort(2).list().get(1);
    silent.silent = true;
    int rounds = world.policy.getDriftSettings().getSilentRounds();
    assertEquals(
        List.of(), World.fired(world.run(2 * rounds)), "as many rounds without it as that");
    assertEquals(List.of("TELEMETRY_LOSS " + silent.id), World.fired(world.run(2 * rounds)));
  }

  @Test
  void labelNoiseIsWithdrawnWhenTheWorldTurnsOutToHaveChanged() {
    World world = warm(4, 20, 5);
    world.cohort(1).list().forEach(device -> device.error = 0.25);
    assertEquals(List.of("LABEL_NOISE c01"), World.fired(world.run(6)));
    world.cohort(1).list().forEach(device -> device.drift(0.4));
    List<Alert> alerts = world.run(10);
    assertTrue(
        alerts.stream()
            .anyMatch(
                a ->
                    a.getKind() == AlertKind.LABEL_NOISE
                        && a.getStatus() == AlertStatus.INVALIDATED),
        alerts.toString());
    assertEquals(List.of("DOMAIN_DRIFT c01"), World.fired(alerts));
  }

  @Test
  void wrongLabelsOfOneDeviceStartNoTrial() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = warm(3, 10, seed);
      World.Device device = world.cohort(2).list().get(3);
      device.error = 0.5;
      List<Alert> alerts = world.run(12);
      assertEquals(List.of("LABEL_NOISE " + device.id), World.fired(alerts), "seed " + seed);
      assertEquals(Standing.WATCH, world.cohort(2).cards.get(device.id).standing());
    }
  }

  @Test
  void clampedCodesAreNamedSo() {
    World world = warm(3, 10, 1);
    World.Device device = world.cohort(0).list().get(2);
    device.saturated = 0.12;
    List<Alert> alerts = world.run(20);
    assertEquals(List.of("QUANT_SATURATION " + device.id), World.fired(alerts));
    world.cohort(0).list().forEach(d -> d.saturated = 0.12);
    alerts = world.run(20);
    assertEquals(List.of("QUANT_SATURATION c00"), World.fired(alerts));
    assertEquals(AlertStatus.INVALIDATED, alerts.get(1).getStatus(), "its own alert is withdrawn");
    world.cohort(0).list().forEach(d -> d.saturated = 0.002);
    assertEquals(AlertStatus.RESOLVED, last(world.run(10)).getStatus());
  }

  @Test
  void silentDevicesAndLostReportsAreTelemetryLoss() {
    World world = warm(3, 10, 2);
    World.Device device = world.cohort(0).list().get(2);
    device.silent = true;
    List<Alert> alerts = world.run(40);
    assertEquals(List.of("TELEMETRY_LOSS " + device.id), World.fired(alerts));
    assertEquals(World.START_MS + (long) WARM * World.ROUND_MS, alerts.get(0).getOnsetMs());
    device.silent = false;
    assertEquals(AlertStatus.RESOLVED, last(world.run(10)).getStatus());
    World.Device lossy = world.cohort(1).list().get(4);
    lossy.lost = 2;
    assertEquals(List.of("TELEMETRY_LOSS " + lossy.id), World.fired(world.run(20)));
    lossy.lost = 0;
    world.cohort(2).list().forEach(d -> d.silent = true);
    assertEquals(List.of("TELEMETRY_LOSS c02"), World.fired(world.run(40)));
  }

  @Test
  void anEmptyBucketMattersOnlyWhereTrainingIsWanted() {
    World world = warm(3, 10, 3);
    world.all().forEach(device -> device.throttled = 18);
    assertEquals(List.of(), World.fired(world.run(20)), "quiet devices may be throttled");
    world.cohort(1).list().forEach(device -> device.drift(0.4));
    assertEquals(List.of("DOMAIN_DRIFT c01", "ENERGY c01"), World.fired(world.run(12)));
  }

  @Test
  void aFirmwareInSeveralCohortsIsOneAlertOfTheFleet() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = new World(6, 10, seed);
      world
          .cohorts
          .values()
          .forEach(
              cohort ->
                  cohort
                      .list()
                      .subList(3, 6)
                      .forEach(device -> device.attributes = List.of("firmware=2.0")));
      assertEquals(List.of(), World.fired(world.run(WARM)), "seed " + seed);
      List<World.Device> updated =
          world.all().stream().filter(d -> d.attributes.contains("firmware=2.0")).toList();
      updated.forEach(device -> device.drift(0.6));
      List<Alert> alerts = world.run(25);
      assertEquals(List.of("SHARED_CAUSE firmware=2.0"), World.fired(alerts), "seed " + seed);
      Alert alert = alerts.get(0);
      assertEquals(AlertScope.FLEET, alert.getScope());
      assertTrue(alert.getAffectedDevices() >= 9, alert.toString());
      updated.forEach(device -> device.drift(0.05));
      List<Alert> after = world.run(60);
      assertTrue(
          after.stream()
              .anyMatch(
                  a -> a.getId().equals(alert.getId()) && a.getStatus() == AlertStatus.RESOLVED),
          "seed " + seed + after);
    }
  }

  @Test
  void aNoisySensorIsAFaultWithoutATrial() {
    World world = warm(3, 10, 4);
    World.Device device = world.cohort(0).list().get(7);
    device.inputDeviation = 2000;
    List<Alert> alerts = world.run(10);
    assertEquals(List.of("DEVICE_FAULT " + device.id), World.fired(alerts));
    assertTrue(alerts.get(0).getSentence().contains("drowned in noise"));
    assertFalse(world.cohort(0).cards.get(device.id).budget().getTerms().getTraining());
  }

  @Test
  void tinyCohortsOfThreeAreWatchedToo() {
    for (long seed = 1; seed <= 3; seed++) {
      World world = warm(4, 3, seed);
      world.cohort(1).list().forEach(device -> device.drift(0.5));
      List<String> fired = World.fired(world.run(12));
      assertTrue(fired.contains("DOMAIN_DRIFT c01"), "seed " + seed + " " + fired);
    }
  }
}
