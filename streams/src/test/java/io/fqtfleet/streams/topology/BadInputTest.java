package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** Each wrong input has its outcome, and none moves a reference or raises an alert. */
class BadInputTest {
  private static final int SAMPLES = 20;
  private static final long YEAR_MS = 365L * 86_400_000;

  /** A cohort that has warmed up, one wrong thing at its device 3, ten rounds more. */
  private static final class Story implements AutoCloseable {
    final DriverRig rig = new DriverRig();
    final SyntheticFleet fleet = new SyntheticFleet(1, 6, 0.1, 4);
    final SyntheticFleet.Device odd = fleet.devices.get("dev-0-03");
    int round;

    Story() {
      fleet.devices.values().forEach(d -> rig.send(d.status(true), DriverRig.START_MS + 10));
      run(25);
    }

    long nowMs() {
      return DriverRig.START_MS + (long) round * DriverRig.ROUND_MS + 200;
    }

    void run(int rounds) {
      for (int i = 0; i < rounds; i++) {
        fleet.devices.values().forEach(d -> rig.send(d.report(SAMPLES), nowMs()));
        rig.advance(DriverRig.ROUND_MS);
        rig.freshBudgets().forEach(b -> fleet.devices.get(b.getDevice()).apply(b));
        round++;
      }
    }

    double baseline() {
      List<CohortHealth> health = rig.health();
      return health.get(health.size() - 1).getBaselineError();
    }

    void check(int deadLetters) {
      double before = baseline();
      run(10);
      assertEquals(before, baseline(), 0.02);
      assertEquals(List.of(), rig.alerts());
      assertEquals(deadLetters, rig.written(Topics.DEAD_LETTERS).size());
      long counted = rig.health().stream().mapToLong(CohortHealth::getSamplesLabelled).sum();
      long made = fleet.devices.values().stream().mapToLong(d -> d.labelled).sum();
      // The last round is open, and what claims to come from later waits for its time.
      assertTrue(made - counted <= 7 * SAMPLES, "made " + made + ", counted " + counted);
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  private static void tell(int deadLetters, BiConsumer<Story, TrainingReport> wrong) {
    try (Story story = new Story()) {
      wrong.accept(story, story.odd.report(SAMPLES));
      story.check(deadLetters);
    }
  }

  @Test
  void moreCorrectThanLabelled() {
    tell(
        1,
        (story, report) ->
            story.rig.send(
                TrainingReport.newBuilder(report)
                    .setSamplesCorrect(report.getSamplesLabelled() + 1)
                    .build(),
                story.nowMs()));
  }

  @Test
  void countersRunningBackwards() {
    tell(
        1,
        (story, report) ->
            story.rig.send(
                TrainingReport.newBuilder(report)
                    .setSamplesLabelled(1)
                    .setSamplesCorrect(0)
                    .build(),
                story.nowMs()));
  }

  @Test
  void aBootIdThatWasUsedBefore() {
    tell(
        0,
        (story, report) -> {
          story.odd.reboot();
          story.rig.send(story.odd.status(true), story.nowMs());
          story.rig.send(story.odd.report(SAMPLES), story.nowMs());
          story.rig.send(report, story.nowMs());
        });
  }

  @Test
  void aSequenceThatJumpsBack() {
    tell(
        0,
        (story, report) ->
            story.rig.send(
                TrainingReport.newBuilder(report).setSequence(2).build(), story.nowMs()));
  }

  @Test
  void aClockThatIsAYearOff() {
    tell(0, (story, report) -> story.rig.send(report, story.nowMs() - YEAR_MS));
    tell(0, (story, report) -> story.rig.send(report, story.nowMs() + YEAR_MS));
    tell(
        0,
        (story, report) ->
            story.rig.send(
                TrainingReport.newBuilder(report).setLearntTimeMs(YEAR_MS).build(), story.nowMs()));
  }

  @Test
  void aDeviceInTwoCohortsMovesEachTimeAndCountsForNeither() {
    try (Story story = new Story()) {
      SyntheticFleet.Device twin = new SyntheticFleet.Device(story.odd.id, "other", 0.9, 5);
      twin.boot = 7;
      for (int i = 0; i < 10; i++) {
        story.rig.send(twin.status(true), story.nowMs());
        story.rig.send(twin.report(SAMPLES), story.nowMs());
        story.rig.send(story.odd.status(true), story.nowMs() + 500);
        story.run(1);
      }
      assertEquals(List.of(), story.rig.alerts());
      assertEquals(List.of(), story.rig.written(Topics.DEAD_LETTERS));
    }
  }

  @Test
  void aRenamedCohortStartsItsReferencesAnewAndVersionsGoOn() {
    try (Story story = new Story()) {
      long before = story.odd.budgetVersion;
      int issued = story.rig.written(Topics.BUDGETS).size();
      story
          .fleet
          .devices
          .keySet()
          .forEach(
              id ->
                  story.rig.send(
                      Topics.DEVICES, id, WireCodecs.registration("renamed"), story.nowMs()));
      story.run(30);
      CohortHealth last =
          story.rig.health().stream()
              .filter(h -> h.getCohort().equals("renamed"))
              .reduce((a, b) -> b)
              .orElseThrow();
      assertEquals(6, last.getDevicesKnown());
      assertEquals(0.1, last.getBaselineError(), 0.05);
      assertEquals(List.of(), story.rig.alerts());
      List<UpdateBudget> later =
          story.rig.budgetsAfter(issued).stream()
              .filter(b -> b.getDevice().equals(story.odd.id))
              .toList();
      assertTrue(before > 0 && !later.isEmpty());
      assertTrue(later.stream().allMatch(b -> b.getVersion() > before));
    }
  }
}
