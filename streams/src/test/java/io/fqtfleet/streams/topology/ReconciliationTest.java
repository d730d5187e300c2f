package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.UpdateBudget;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Desired against reported: who does not obey is told again, reported, and cleared. */
class ReconciliationTest {
  private static final int DEVICES = 6;
  private static final String ODD = "dev-0-03";

  /** A cohort in which one device has a will of its own. */
  private static final class Story implements AutoCloseable {
    final DriverRig rig = new DriverRig();
    final SyntheticFleet fleet = new SyntheticFleet(1, DEVICES, 0.05, 8);
    final SyntheticFleet.Device odd = fleet.devices.get(ODD);
    boolean ignores;
    boolean refuses;
    int round;

    Story() {
      fleet.devices.values().forEach(d -> rig.send(d.status(true), DriverRig.START_MS + 10));
    }

    void run(int rounds) {
      for (int i = 0; i < rounds; i++) {
        long startMs = DriverRig.START_MS + (long) round * DriverRig.ROUND_MS;
        fleet.devices.values().forEach(d -> rig.send(d.report(20), startMs + 500));
        rig.advance(DriverRig.ROUND_MS);
        round++;
        for (UpdateBudget budget : rig.freshBudgets()) {
          boolean isOdd = budget.getDevice().equals(ODD);
          if (isOdd && refuses) {
            rig.send(refusal(budget), startMs + DriverRig.ROUND_MS + 50);
          } else if (!isOdd || !ignores) {
            fleet.devices.get(budget.getDevice()).apply(budget);
          }
        }
      }
    }

    private BudgetAck refusal(UpdateBudget budget) {
      return BudgetAck.newBuilder()
          .setDevice(ODD)
          .setBootCounter(1)
          .setBootNonce(0)
          .setUptimeMs(1)
          .setAnsweredVersion(budget.getVersion())
          .setOutcome(AckOutcome.REFUSED)
          .setRefusal(RefusalReason.BAD_SIGNATURE)
          .setField("")
          .setVersionInForce(0)
          .setTermsInForce(odd.terms)
          .build();
    }

    List<Alert> alerts() {
      return rig.alerts().stream().filter(a -> a.getKind() == AlertKind.DISOBEDIENCE).toList();
    }

    long budgetsOfOdd() {
      return rig.budgets().stream().filter(b -> b.getDevice().equals(ODD)).count();
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  @Test
  void aDeviceThatIgnoresItsBudgetIsToldAgainReportedAndCleared() {
    try (Story story = new Story()) {
      story.ignores = true;
      story.run(30);
      assertTrue(story.budgetsOfOdd() >= 3, story.budgetsOfOdd() + " budgets");
      Alert alert = story.alerts().get(0);
      assertEquals(AlertStatus.FIRING, alert.getStatus());
      assertEquals(ODD, alert.getKey());
      assertTrue(alert.getSentence().contains("still follows budget 0"), alert.getSentence());
      story.ignores = false;
      story.odd.apply(
          story.rig.budgets().stream()
              .filter(b -> b.getDevice().equals(ODD))
              .reduce((a, b) -> b)
              .orElseThrow());
      story.run(10);
      assertEquals(2, story.alerts().size());
      assertEquals(AlertStatus.RESOLVED, story.alerts().get(1).getStatus());
    }
  }

  @Test
  void repetitionsAreBoundedAndTheAlertStays() {
    try (Story story = new Story()) {
      story.refuses = true;
      story.run(205);
      assertEquals(7, story.budgetsOfOdd(), "the first and 6 repetitions");
      assertEquals(1, story.alerts().size());
      assertTrue(
          story.alerts().get(0).getSentence().contains("refuses budget 2: BAD_SIGNATURE"),
          story.alerts().get(0).getSentence());
    }
  }

  @Test
  void aDeviceThatGoesBackToAnOlderBudgetIsToldAtOnce() {
    try (Story story = new Story()) {
      story.run(10);
      assertEquals(1, story.odd.budgetVersion);
      story.odd.budgetVersion = 0;
      story.ignores = true;
      story.run(2);
      assertEquals(2, story.budgetsOfOdd());
      story.run(12);
      assertTrue(
          story.alerts().get(0).getSentence().contains("went back to budget 0"),
          story.alerts().get(0).getSentence());
    }
  }
}
