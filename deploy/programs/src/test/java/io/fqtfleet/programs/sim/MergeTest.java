package io.fqtfleet.programs.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.fleet.Scenario;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** The results of slices become the result of the whole. */
class MergeTest {
  private static final Scenario SCENARIO =
      StrictYaml.parse(
          "s.yaml",
          """
          name: s
          domains: {a: {}, far: {}}
          cohorts: [{name: c, devices: 400, domain: a, fidelity: trace}]
          drifts: [{at: 5s, cohort: c, to: far}]
          expect: {lost: 0, publishToAckP99: 50ms, driftToAlert: 3s, driftToApplied: 4s}
          """,
          Scenario.class);

  /** 100 reports; two of a hundred took {@code slowMs}. */
  private static SimResult slice(String slice, long devices, long slowMs, double accuracy) {
    Histogram times = new Histogram(3);
    times.recordValueWithCount(1_000, 98);
    times.recordValueWithCount(slowMs * 1000, 2);
    String text = SimResult.encoded(times);
    return new SimResult(
        "s",
        slice,
        7,
        "2026-01-01T00:00:0" + slice.charAt(0) + "Z",
        10,
        "",
        new SimResult.Devices(0, devices, devices, 50, 1),
        new SimResult.Reports(101, 1, 100, 0, 100, 0, 0, 0, 0, 3, 10, Map.of()),
        SimResult.Times.of(times),
        SimResult.Times.of(times),
        List.of(new SimResult.DriftSeen("c", "far", 5, slowMs, slowMs + 10, devices)),
        List.of(new KafkaWatch.Raised("DOMAIN_DRIFT", "COHORT", "c", "c", slowMs, "c drifted")),
        new SimResult.Budgets(4, 0, 2, 0),
        Map.of("c", accuracy),
        new SimResult.Machine(2, Map.of("devices", 1.5), Map.of("thisProcess", 100L), slowMs),
        Map.of(SimResult.ACK, text, SimResult.KAFKA, text),
        List.of(),
        List.of(
            new SimResult.Sample(
                1,
                devices,
                10,
                9,
                8,
                1,
                slowMs,
                1,
                1,
                1,
                3,
                Map.of("c", accuracy),
                Map.of("x", 0.5))));
  }

  @Test
  void countsAreAddedAndTimesComeFromAllReports() {
    SimResult whole =
        Merge.of(SCENARIO, List.of(slice("2/2", 300, 900, 0.9), slice("1/2", 100, 40, 0.5)));
    assertEquals(200, whole.reports().acknowledged());
    assertEquals(3, whole.reports().deadLetters(), "both read the same ones");
    assertEquals(400, whole.devices().trace());
    assertEquals(200, whole.publishToAck().count());
    assertEquals(40, whole.publishToAck().p99(), 0.1, "4 of 200 are slower than 1 ms, 2 than 40");
    assertEquals(900, whole.publishToAck().max(), 1);
    assertEquals(910, whole.drifts().get(0).appliedMs());
    assertEquals(1, whole.alerts().size());
    assertEquals(40, whole.alerts().get(0).readMs());
    assertEquals(0.8, whole.accuracy().get("c"), 1e-9);
    assertEquals(3.0, whole.machine().cpu().get("devices"));
    assertEquals(20, whole.seconds().get(0).sent());
    assertEquals(900, whole.seconds().get(0).ackP99());
    assertEquals(Map.of("x", 1.0), whole.seconds().get(0).cores());
    assertEquals("2026-01-01T00:00:01Z", whole.started());
    assertEquals(4, whole.expected().size());
    assertTrue(whole.ok(), () -> SummaryText.of(whole));
    SimResult slow =
        Merge.of(SCENARIO, List.of(slice("1/2", 300, 5000, 0.9), slice("2/2", 100, 40, 0.5)));
    assertFalse(slow.ok(), "an alert after 5 s in one slice");
  }

  @Test
  void onlyTheWholeIsMerged() {
    SimResult one = slice("1/3", 100, 40, 0.5);
    refused(List.of(one, slice("2/3", 1, 1, 1)), "are not the whole, [1/3, 2/3, 3/3]; give one");
    refused(List.of(one, one, one), "are not the whole");
    Scenario other =
        StrictYaml.parse(
            "o.yaml",
            "name: o\ndomains: {a: {}}\ncohorts: [{name: c, devices: 1, domain: a}]\n",
            Scenario.class);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Merge.of(other, List.of(one)));
    assertTrue(e.getMessage().contains("slice 1/3 is of 's', seed 7, not of 'o'"), e.getMessage());
  }

  private static void refused(List<SimResult> parts, String expected) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Merge.of(SCENARIO, parts));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
