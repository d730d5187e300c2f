package io.fqtfleet.sim.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Events at times of the fleet become events at windows of each device. */
class SensorPlanTest {
  private static final Scenario SCENARIO =
      StrictYaml.parse(
          "test",
          """
          seed: 3
          domains: {a: {}, b: {speedRpm: 1500}, c: {speedRpm: 1300}}
          cohorts:
            - {name: x, devices: 3, qemuDevices: 1, domain: a, windowsPerSecond: 10,
               qemuWindowsPerSecond: 4}
            - {name: y, devices: 2, domain: a}
          drifts:
            - {at: 20s, cohort: x, to: c}
            - {at: 10s, cohort: x, to: b}
          faults: [{at: 5s, until: 7s, cohort: x, device: 1, kind: stuck}]
          wrongLabels: [{at: 3s, until: 4s, cohort: y, share: 1}]
          """,
          Scenario.class);

  private final SignalSpace space = SCENARIO.generated();
  private final SensorPlan plan = new SensorPlan(SCENARIO, space);
  private final CohortSpec x = SCENARIO.cohorts().get(0);
  private final CohortSpec y = SCENARIO.cohorts().get(1);

  private static short[] window(SampleSource source, long index) {
    short[] out = new short[SampleSource.WINDOW];
    source.window(index, out, 0);
    return out;
  }

  private void assertDomain(String domain, SensorPlan.Place place, long index) {
    assertArrayEquals(
        window(space.source(domain, place.seed(), 0), index),
        window(plan.source(place), index),
        "window " + index + " is not of domain " + domain);
  }

  @Test
  void driftsFollowEachOtherInTimeAtTheWindowAfterTheBoot() {
    SensorPlan.Place place = plan.simulated(x, 0, 1500);
    assertDomain("a", place, 84);
    assertDomain("b", place, 85);
    assertDomain("b", place, 184);
    assertDomain("c", place, 185);
  }

  @Test
  void aQemuDeviceDriftsWithItsCohortAtItsOwnRate() {
    SensorPlan.Place place = plan.qemu(x, 0);
    assertDomain("a", place, 39);
    assertDomain("b", place, 40);
    assertDomain("c", place, 80);
  }

  @Test
  void aFaultHitsItsDeviceAloneWhileItLasts() {
    SensorPlan.Place broken = plan.simulated(x, 1, 0);
    short[] stuck = window(plan.source(broken), 50);
    for (short sample : stuck) {
      assertEquals(stuck[0], sample);
    }
    assertDomain("a", broken, 49);
    assertDomain("a", broken, 70);
    assertDomain("a", plan.simulated(x, 0, 0), 50);
    assertDomain("a", plan.qemu(x, 0), 20);
  }

  @Test
  void labelsAreWrongOnlyInTheirCohortAndTime() {
    LabelRule wrong = plan.labels(plan.simulated(y, 0, 0));
    LabelRule right = plan.labels(plan.simulated(x, 0, 0));
    for (int i = 0; i < 100; i++) {
      assertEquals(i >= 30 && i < 40, wrong.label(i, 2) != 2, "window " + i);
      assertEquals(2, right.label(i, 2));
    }
  }

  @Test
  void devicesHaveSeedsOfTheirOwnThatFollowFromTheScenarios() {
    assertEquals(plan.seed("x-000"), new SensorPlan(SCENARIO, space).seed("x-000"));
    assertFalse(
        Arrays.equals(
            window(plan.source(plan.simulated(x, 0, 0)), 0),
            window(plan.source(plan.simulated(x, 1, 0)), 0)));
    Scenario other = SCENARIO.withSeed(4);
    assertFalse(plan.seed("x-000") == new SensorPlan(other, space).seed("x-000"));
  }
}
