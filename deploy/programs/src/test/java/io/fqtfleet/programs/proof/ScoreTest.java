package io.fqtfleet.programs.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.programs.proof.ProofRun.Course;
import io.fqtfleet.programs.proof.ProofRun.Outcome;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The definitions, on courses that can be reckoned by hand. */
class ScoreTest {
  private static final int ROUNDS = 30;
  private static final int ONSET = 10;
  private static final int WINDOWS = 100;

  /** 90 of 100 are right before the onset, {@code after[i]} in the rounds after it. */
  private static Course course(long macs, long spared, int... after) {
    int[] judged = new int[ROUNDS];
    int[] correct = new int[ROUNDS];
    Arrays.fill(judged, WINDOWS);
    for (int r = 0; r < ROUNDS; r++) {
      correct[r] = r < ONSET ? 90 : after[Math.min(r - ONSET, after.length - 1)];
    }
    return new Course(judged, correct, judged, correct, macs, spared, 0, 0, 5000, 0);
  }

  private static Outcome outcome(ProofScenario scenario, Course ours) {
    EnumMap<Controller, Course> courses = new EnumMap<>(Controller.class);
    for (Controller controller : Controller.values()) {
      courses.put(controller, course(4000, 3000, 90));
    }
    courses.put(Controller.FROZEN, course(0, 0, 40));
    courses.put(Controller.OURS, ours);
    return new Outcome(
        scenario, 1, ONSET, ONSET + 1, 1, List.of(ONSET + 2, ONSET + 7, -1), courses);
  }

  @Test
  void areasAreRelativeToFrozenAndAlwaysFull() {
    Course ours = course(1000, 50, 40, 40, 65, 70, 90);
    List<Outcome> runs = List.of(outcome(ProofScenario.ABRUPT_LOAD, ours));
    Score frozen = Score.of(Controller.FROZEN, runs);
    assertEquals(0.5 * 20, frozen.lostArea(), 1e-9);
    assertEquals(0, frozen.recoveredArea(), 1e-9);
    assertEquals(20, frozen.recoveryReports(), 1e-9, "never");
    assertEquals(1, Score.of(Controller.ALWAYS_FULL, runs).recoveredArea(), 1e-9);
    Score score = Score.of(Controller.OURS, runs);
    assertEquals(0.5 + 0.5 + 0.25 + 0.2, score.lostArea(), 1e-9);
    assertEquals(1 - 1.45 / 10, score.recoveredArea(), 1e-9);
    // Of the five until report 8 the mean is 0.04, under a tenth of 0.5; until 7 it is 0.09.
    assertEquals(7, score.recoveryReports(), 1e-9);
    assertEquals(0.25, score.energyOfFull(), 1e-9);
    assertEquals(50.0 / 5000, score.healthyExtraShare(), 1e-9);
    assertEquals(1000 * 900 / 1e6, score.energyMicroJoule(), 1e-9);
  }

  @Test
  void whereNoWorldChangedNothingCanBeRecovered() {
    List<Outcome> runs = List.of(outcome(ProofScenario.LABEL_NOISE, course(10, 10, 90)));
    assertTrue(Double.isNaN(Score.of(Controller.OURS, runs).recoveredArea()));
  }

  @Test
  void aDeviceThatNeverGotABudgetCountsWithAllReportsLeft() {
    List<Outcome> runs = List.of(outcome(ProofScenario.ABRUPT_LOAD, course(10, 0, 90)));
    assertEquals(List.of(2), Score.detections(runs));
    assertEquals(List.of(1, 6, ROUNDS - ONSET - 1), Score.applications(runs));
    assertEquals(6, Score.quantile(List.of(19, 6, 1), 0.5));
  }

  /** Says which of two worlds a window is of. */
  private record Constant(int label) implements SampleSource {
    @Override
    public int classes() {
      return 2;
    }

    @Override
    public int window(long index, short[] out, int offset) {
      return label;
    }
  }

  @Test
  void aSeasonSwingsThereAndBack() {
    SeasonalSource source =
        new SeasonalSource(List.of(new Constant(0), new Constant(1)), 100, 200, 7);
    int[] others = new int[5];
    for (int i = 0; i < 500; i++) {
      others[i / 100] += source.window(i, new short[0], 0);
    }
    assertEquals(0, others[0], "before its onset");
    for (int half = 1; half < 5; half++) {
      assertTrue(others[half] > 30 && others[half] < 70, Arrays.toString(others));
    }
    int summit = 0;
    for (int i = 190; i < 210; i++) {
      summit += source.window(i, new short[0], 0);
    }
    assertTrue(summit >= 18, summit + " of 20");
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new ProofSettings(null, List.of(), 0, 1, 10, 100, 10, null));
    assertEquals("--seeds 0 is not in 1..1000", e.getMessage());
  }
}
