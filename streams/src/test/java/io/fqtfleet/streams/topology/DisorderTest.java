package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reports that come twice, late or out of order give the alerts that orderly ones give. */
class DisorderTest {
  private static final int ROUNDS = 45;

  /** Repeats a report, and brings older ones of the device again. */
  private static final class Disorderly extends FleetStory {
    private final DriverRig rig;
    private final Random random;
    private final Map<String, TrainingReport> before = new HashMap<>();
    int extra;

    Disorderly(DriverRig rig, long seed) {
      super(rig, 10, seed, null);
      this.rig = rig;
      this.random = new Random(seed);
    }

    @Override
    void deliver(TrainingReport report, long atMs) {
      super.deliver(report, atMs);
      TrainingReport old = before.put(report.getDevice(), report);
      if (random.nextInt(3) == 0) {
        rig.send(report, atMs + 1);
        extra++;
      }
      if (old != null && random.nextInt(3) == 0) {
        rig.send(old, atMs + 2);
        extra++;
      }
    }
  }

  @Test
  void duplicatesAndLateReportsChangeNoAlertAndNoBudget() {
    long seed = 5;
    List<String> alerts;
    List<String> budgets;
    try (DriverRig rig = new DriverRig()) {
      new FleetStory(rig, 10, seed, null).run(ROUNDS, false);
      alerts = rig.lines(Topics.ALERTS);
      budgets = rig.lines(Topics.BUDGETS);
    }
    try (DriverRig rig = new DriverRig()) {
      Disorderly story = new Disorderly(rig, seed);
      story.run(ROUNDS, false);
      assertTrue(story.extra > 500, story.extra + " reports too many");
      assertTrue(alerts.size() >= 2, "the story has its alerts: " + alerts);
      assertEquals(alerts, rig.lines(Topics.ALERTS), "seed " + seed);
      assertEquals(budgets, rig.lines(Topics.BUDGETS), "seed " + seed);
      assertEquals(List.of(), rig.written(Topics.DEAD_LETTERS));
    }
  }
}
