package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.Policies;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** How policies come into force and rounds are closed. */
class PolicyAndRoundsTest {
  private static final long T0 = DriverRig.START_MS;

  private static Policy policy(String cohort, long version) {
    return Policy.newBuilder(Policies.DEFAULT).setCohort(cohort).setVersion(version).build();
  }

  private static SyntheticFleet.Device device(String id) {
    return new SyntheticFleet.Device(id, "line", 0.1, id.hashCode());
  }

  private static UpdateBudget lastBudget(DriverRig rig) {
    List<UpdateBudget> budgets = rig.budgets();
    return budgets.get(budgets.size() - 1);
  }

  private static CohortHealth lastHealth(DriverRig rig) {
    List<CohortHealth> health = rig.health();
    return health.get(health.size() - 1);
  }

  private static String reason(ProducerRecord<String, byte[]> letter) {
    return new String(letter.headers().lastHeader(Headers.REASON).value(), StandardCharsets.UTF_8);
  }

  @Test
  void withoutAPolicyTheBuiltInOneHolds() {
    try (DriverRig rig = new DriverRig()) {
      rig.send(device("d1").status(true), T0 + 10);
      rig.advance(3000);
      assertEquals(0, lastBudget(rig).getPolicyVersion());
      assertEquals(Policies.DEFAULT.getQuiet(), lastBudget(rig).getTerms());
      assertEquals(ReasonCode.INITIAL, lastBudget(rig).getReason());
    }
  }

  @Test
  void theCohortsOwnPolicyWinsOverTheOneForAll() {
    try (DriverRig rig = new DriverRig()) {
      rig.send(policy("*", 5), T0);
      rig.send(policy("line", 2), T0);
      rig.send(device("d1").status(true), T0 + 10);
      rig.advance(3000);
      assertEquals(2, lastBudget(rig).getPolicyVersion());
    }
  }

  @Test
  void anInvalidPolicyIsPutAsideAndTheOneBeforeStays() {
    try (DriverRig rig = new DriverRig()) {
      SyntheticFleet.Device device = device("d1");
      rig.send(policy("*", 1), T0);
      rig.send(device.status(true), T0 + 10);
      rig.advance(3000);
      BudgetTerms wrong =
          BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet()).setLambdaMaxPermille(2000).build();
      rig.send(Policy.newBuilder(policy("*", 2)).setQuiet(wrong).build(), T0 + 3000);
      rig.send(policy("*", 1), T0 + 3000);
      rig.send(Topics.POLICIES, "*", null, T0 + 3000);
      rig.send(Topics.POLICIES, "line", WireCodecs.policy(policy("*", 9)), T0 + 3000);
      rig.advance(3000);
      List<String> reasons =
          rig.written(Topics.DEAD_LETTERS).stream().map(PolicyAndRoundsTest::reason).toList();
      assertEquals(
          "OUT_OF_RANGE: quiet.lambdaMaxPermille: 2000 is not in 1..1000; choose a value in that"
              + " range; drift.lambda: 200..1000 permille is below quiet's 50..2000; a drifting"
              + " device must not be allowed less than a quiet one, raise it",
          reasons.get(0));
      assertTrue(reasons.get(1).contains("version: 1 is not above 1"), reasons.get(1));
      assertTrue(reasons.get(2).contains("cannot be deleted"), reasons.get(2));
      assertTrue(reasons.get(3).contains("is not the record's key 'line'"), reasons.get(3));
      assertEquals(1, lastHealth(rig).getPolicyVersion());
      assertEquals(1, rig.budgets().size());
    }
  }

  @Test
  void aFreezeStopsAllTrainingAndItsEndAllowsItAgain() {
    try (DriverRig rig = new DriverRig()) {
      rig.send(device("d1").status(true), T0 + 10);
      rig.send(device("d2").status(true), T0 + 10);
      rig.advance(3000);
      rig.send(Policy.newBuilder(policy("line", 1)).setFrozen(true).build(), T0 + 3000);
      rig.advance(2000);
      assertEquals(4, rig.budgets().size());
      rig.budgetsAfter(2).forEach(b -> assertFalse(b.getTerms().getTraining()));
      assertEquals(ReasonCode.OPERATOR_FREEZE, lastBudget(rig).getReason());
      rig.send(policy("line", 2), T0 + 5000);
      rig.advance(2000);
      assertEquals(6, rig.budgets().size());
      assertTrue(lastBudget(rig).getTerms().getTraining());
      assertEquals(ReasonCode.POLICY_CHANGED, lastBudget(rig).getReason());
    }
  }

  @Test
  void aQuietCohortsRoundsAreClosedByTheWallClock() {
    try (DriverRig rig = new DriverRig()) {
      rig.send(device("d1").status(true), T0 + 10);
      rig.advance(10 * DriverRig.ROUND_MS);
      List<CohortHealth> health = rig.health();
      assertEquals(9, health.size());
      assertEquals(1, health.get(8).getDevicesKnown());
      assertEquals(0, health.get(8).getDevicesReporting());
    }
  }

  @Test
  void aLateReportCountsInTheNextRound() {
    try (DriverRig rig = new DriverRig()) {
      SyntheticFleet.Device device = device("d1");
      rig.send(device.status(true), T0 + 10);
      rig.send(device.report(10), T0 + 500);
      rig.advance(3000);
      rig.send(device.report(7), T0 + 1500);
      rig.send(device.report(5), T0 + 2500);
      rig.advance(2000);
      List<CohortHealth> health = rig.health();
      assertEquals(List.of(10L, 12L), health.stream().map(CohortHealth::getSamplesSeen).toList());
    }
  }

  @Test
  void afterAPauseRoundsThatHoldEvidenceAreClosedOneByOne() {
    try (DriverRig rig = new DriverRig()) {
      SyntheticFleet.Device device = device("d1");
      rig.send(device.status(true), T0 + 10);
      rig.advance(3000);
      // Reports of two rounds wait while nobody looks; the hours without any are passed over.
      rig.send(device.report(3), T0 + 2100);
      rig.send(device.report(4), T0 + 6100);
      rig.driver.advanceWallClockTime(java.time.Duration.ofHours(2));
      rig.advance(1000);
      List<CohortHealth> health = rig.health();
      assertEquals(
          List.of(0L, 3L, 4L, 0L), health.stream().map(CohortHealth::getSamplesSeen).toList());
      assertEquals(T0 + 8000, health.get(2).getRoundEndMs());
      assertTrue(health.get(3).getRoundEndMs() > T0 + 7_000_000);
    }
  }

  @Test
  void anotherLengthOfARoundHoldsFromTheNextOneOn() {
    try (DriverRig rig = new DriverRig()) {
      SyntheticFleet.Device device = device("d1");
      rig.send(device.status(true), T0 + 10);
      rig.advance(3000);
      Policy slow = Policy.newBuilder(policy("*", 1)).setRoundMs(6000).build();
      rig.send(slow, T0 + 3000);
      for (int i = 0; i < 12; i++) {
        rig.send(device.report(10), T0 + 3000 + i * 2000L);
        rig.advance(2000);
      }
      long seen = rig.health().stream().mapToLong(CohortHealth::getSamplesSeen).sum();
      assertTrue(seen >= 90 && seen <= 120, "seen " + seen);
      List<Long> ends = rig.health().stream().map(CohortHealth::getRoundEndMs).toList();
      for (int i = 2; i < ends.size(); i++) {
        assertEquals(6000, ends.get(i) - ends.get(i - 1));
      }
    }
  }

  @Test
  void aRecordFromTheFutureDoesNotKeepItsRoundOpen() {
    try (DriverRig rig = new DriverRig()) {
      SyntheticFleet.Device device = device("d1");
      rig.send(device.status(true), T0 + 10);
      rig.send(device.report(9), T0 + 86_400_000L);
      rig.advance(70_000);
      assertEquals(9, rig.health().stream().mapToLong(CohortHealth::getSamplesSeen).sum());
    }
  }

  @Test
  void aDeviceThatMovesIsForgottenByItsOldCohortAndItsVersionsGoOn() {
    try (DriverRig rig = new DriverRig()) {
      SyntheticFleet.Device device = device("d1");
      rig.send(device.status(true), T0 + 10);
      rig.advance(3000);
      rig.send(Topics.DEVICES, "d1", WireCodecs.registration("other"), T0 + 3000);
      rig.advance(4000);
      assertEquals(2, lastBudget(rig).getVersion());
      CohortHealth last = lastHealth(rig);
      assertEquals("other", last.getCohort());
      assertEquals(1, last.getDevicesKnown());
      assertTrue(
          rig.health().stream()
              .filter(h -> h.getCohort().equals("line"))
              .reduce((a, b) -> b)
              .map(h -> h.getDevicesKnown() == 0)
              .orElse(false));
    }
  }

  @Test
  void namesAndShapeOfTheTopologyAreFixed() {
    String shape =
        FleetTopology.build(DriverRig.SETTINGS, new io.fqtfleet.streams.ops.Meters())
            .describe()
            .toString();
    for (String part :
        List.of(
            "Sub-topology: 0",
            "Sub-topology: 1",
            "Sub-topology: 2",
            "Source: evidence (topics: [fqt.evidence.v1])",
            "Processor: intake (stores: [intake-cards])",
            "Processor: cohort (stores: [",
            "cohort-cards",
            "device-cards",
            "pending-evidence",
            "Processor: policy-intake (stores: [policy-versions])",
            "Sink: to-adopted-policies (topic: fqt-test-adopted-policies)")) {
      assertTrue(shape.contains(part), part + " in " + shape);
    }
    assertFalse(shape.contains("KSTREAM"), shape);
  }
}
