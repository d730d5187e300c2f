package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cohorts whose devices come and go, and those that are too small to be one. */
class ChangingCohortsTest {
  private static final int SAMPLES = 20;

  private static void round(DriverRig rig, int round, Iterable<SyntheticFleet.Device> devices) {
    long startMs = DriverRig.START_MS + (long) round * DriverRig.ROUND_MS;
    devices.forEach(d -> rig.send(d.report(SAMPLES), startMs + 300));
    rig.advance(DriverRig.ROUND_MS);
    obey(rig, devices);
  }

  /** Each device takes its new budget. */
  private static void obey(DriverRig rig, Iterable<SyntheticFleet.Device> devices) {
    Map<String, UpdateBudget> fresh = new HashMap<>();
    rig.freshBudgets().forEach(b -> fresh.put(b.getDevice(), b));
    for (SyntheticFleet.Device device : devices) {
      UpdateBudget budget = fresh.get(device.id);
      if (budget != null) {
        device.apply(budget);
      }
    }
  }

  @Test
  void whereADeviceIsReplacedEachRoundNothingIsRaisedUntilAllDrift() {
    try (DriverRig rig = new DriverRig()) {
      ArrayDeque<SyntheticFleet.Device> devices = new ArrayDeque<>();
      int made = 0;
      for (int round = 0; round < 70; round++) {
        long nowMs = DriverRig.START_MS + (long) round * DriverRig.ROUND_MS + 50;
        while (devices.size() < 40) {
          var next = new SyntheticFleet.Device("dev-" + made, "line", 0.05, made++);
          next.error = round < 60 ? 0.05 : 0.5;
          devices.add(next);
          rig.send(next.status(true), nowMs);
        }
        if (round == 60) {
          assertEquals(List.of(), rig.alerts(), "before the drift");
          devices.forEach(d -> d.error = 0.5);
        }
        round(rig, round, devices);
        rig.send(Topics.STATUS, devices.poll().id, null, nowMs + 1000);
      }
      List<Alert> alerts = rig.alerts();
      assertTrue(!alerts.isEmpty(), "the drift was not found");
      assertEquals(AlertKind.DOMAIN_DRIFT, alerts.get(0).getKind(), alerts.toString());
      for (CohortHealth health : rig.health()) {
        assertTrue(health.getDevicesKnown() <= 41, health.toString());
      }
      assertEquals(List.of(), rig.written(Topics.DEAD_LETTERS));
    }
  }

  @Test
  void aRetiredDeviceLeavesNothingBehindWhateverComesLate() {
    try (DriverRig rig = new DriverRig()) {
      List<SyntheticFleet.Device> devices = new ArrayList<>();
      for (int d = 0; d < 4; d++) {
        devices.add(new SyntheticFleet.Device("dev-" + d, "line", 0.05, d));
        rig.send(devices.get(d).status(true), DriverRig.START_MS + 10);
      }
      round(rig, 0, devices);
      round(rig, 1, devices);
      assertEquals(4, rig.health().get(0).getDevicesKnown());
      assertTrue(
          rig.written(Topics.BUDGETS).stream().anyMatch(b -> b.key().equals("dev-3")), "a budget");
      byte[] retired =
          WireCodec.of(DeviceRegistration.class)
              .encode(DeviceRegistration.newBuilder().setState(RegistryState.RETIRED).build());
      rig.send(Topics.DEVICES, "dev-3", retired, DriverRig.START_MS + 4010);
      assertDeleted(rig, 1);
      for (int round = 2; round < 5; round++) {
        round(rig, round, devices);
      }
      var health = rig.health();
      assertEquals(3, health.get(health.size() - 1).getDevicesKnown());
      rig.send(devices.get(3).status(false), DriverRig.START_MS + 10_010);
      assertDeleted(rig, 2);
      assertEquals(List.of(), rig.written(Topics.DEAD_LETTERS));
      assertEquals(List.of(), rig.alerts());
    }
  }

  /** Budget and status, the budget marked for the gateway. */
  private static void assertDeleted(DriverRig rig, int times) {
    for (String topic : List.of(Topics.BUDGETS, Topics.STATUS)) {
      var last =
          rig.written(topic).stream()
              .filter(r -> r.key().equals("dev-3") && r.value() == null)
              .toList();
      assertEquals(times, last.size(), topic);
      assertEquals(
          topic.equals(Topics.BUDGETS), last.get(0).headers().lastHeader(Headers.RETIRED) != null);
    }
  }

  @Test
  void ofTwoDevicesEachIsJudgedAlone() {
    try (DriverRig rig = new DriverRig()) {
      List<SyntheticFleet.Device> two = new ArrayList<>();
      for (int d = 0; d < 2; d++) {
        two.add(new SyntheticFleet.Device("dev-" + d, "pair", 0.05, d));
        two.get(d).learns = false;
        rig.send(two.get(d).status(true), DriverRig.START_MS + 10);
      }
      for (int round = 0; round < 60; round++) {
        two.get(1).error = round < 30 ? 0.05 : 0.7;
        round(rig, round, two);
      }
      assertTrue(!rig.alerts().isEmpty(), "the device was not found");
      for (Alert alert : rig.alerts()) {
        assertEquals(AlertScope.DEVICE, alert.getScope(), alert.toString());
        assertEquals("dev-1", alert.getKey(), alert.toString());
      }
    }
  }
}
