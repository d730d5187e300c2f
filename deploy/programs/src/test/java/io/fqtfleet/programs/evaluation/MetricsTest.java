package io.fqtfleet.programs.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.programs.evaluation.Scoring.Score;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The definitions, on alarms whose score is worked out by hand. */
class MetricsTest {
  private static final DriftScenario SCENARIO =
      new DriftScenario(
          "T.1",
          "two cohorts, one changes",
          2,
          10,
          288,
          32,
          20L,
          10,
          null,
          0.5,
          null,
          null,
          List.of(
              new DriftScenario.Change(
                  100,
                  0,
                  50,
                  1,
                  0.2,
                  null,
                  false,
                  null,
                  null,
                  null,
                  0.2,
                  AlertKind.DOMAIN_DRIFT,
                  AlertScope.COHORT)));
  private static final Truth TRUTH =
      new Truth(AlertKind.DOMAIN_DRIFT, AlertScope.COHORT, 0, 100, 150, 160, Set.of("a", "b"));

  private static Alarm cohort(int round, int cohort, boolean withdrawn) {
    return new Alarm(round, AlertScope.COHORT, cohort, "", AlertKind.DOMAIN_DRIFT, 101, withdrawn);
  }

  private static Alarm device(int round, String device) {
    return new Alarm(round, AlertScope.DEVICE, 0, device, AlertKind.DEVICE_DRIFT, 99, false);
  }

  private static Metrics score(Alarm... alarms) {
    Metrics metrics = new Metrics(SCENARIO, "m");
    metrics.add(Scoring.of(SCENARIO, List.of(TRUTH), List.of(alarms)));
    return metrics;
  }

  @Test
  void theFirstAlarmIsTheHitAndFurtherOnesAreRepeats() {
    Metrics metrics = score(device(102, "a"), cohort(104, 0, false), device(160, "b"));
    assertEquals(1, metrics.hits);
    assertEquals(2, metrics.repeats);
    assertEquals(0, metrics.falseAlarms);
    assertEquals(3, metrics.delay(0.5));
    assertEquals(3, metrics.volume());
    assertEquals(-1, metrics.onsetError(0.5));
    assertEquals(1, metrics.f1());
    assertEquals(Map.of("DOMAIN_DRIFT", 1), metrics.confusion.get("DOMAIN_DRIFT"));
  }

  @Test
  void beforeAfterAndElsewhereAreFalse() {
    Metrics metrics =
        score(cohort(99, 0, false), cohort(161, 0, false), device(120, "c"), cohort(120, 1, false));
    assertEquals(4, metrics.falseAlarms);
    assertEquals(0, metrics.hits);
    assertEquals(1, metrics.missed());
    assertEquals(Map.of("NONE", 1), metrics.confusion.get("DOMAIN_DRIFT"));
    assertEquals(Map.of("DOMAIN_DRIFT", 1), metrics.confusion.get("NONE"));
    assertEquals(288 / 4.0, metrics.meanTimeToFalseAlarm());
    assertEquals(2, metrics.perFleetDay());
  }

  @Test
  void aWithdrawnAlarmIsAHitButNoVerdict() {
    Metrics metrics = score(cohort(104, 0, true));
    assertEquals(1, metrics.hits);
    assertEquals(Map.of("NONE", 1), metrics.confusion.get("DOMAIN_DRIFT"));
  }

  @Test
  void theWidestScopesLastKindIsTheVerdict() {
    Score score =
        Scoring.of(SCENARIO, List.of(TRUTH), List.of(cohort(104, 0, false), device(120, "a")));
    assertEquals("DOMAIN_DRIFT", score.truths().get(0).verdict());
  }

  /** Exact limits from the published table of Garwood, Biometrika 28 (1936). */
  @Test
  void poissonIntervalsAreExact() {
    assertArrayEquals(new double[] {0, 3.689}, Metrics.poissonInterval(0), 1e-3);
    assertArrayEquals(new double[] {0.025, 5.572}, Metrics.poissonInterval(1), 1e-3);
    assertArrayEquals(new double[] {4.795, 18.39}, Metrics.poissonInterval(10), 1e-2);
  }

  @Test
  void chanceHasTheMomentsThatItSays() {
    Chance chance = new Chance(3, 4);
    double sum = 0;
    double squares = 0;
    double beta = 0;
    int n = 20_000;
    for (int i = 0; i < n; i++) {
      double x = chance.normal();
      sum += x;
      squares += x * x;
      beta += chance.beta(8, 32);
    }
    assertTrue(Math.abs(sum / n) < 0.03, "mean " + sum / n);
    assertEquals(1, squares / n, 0.05);
    assertEquals(0.2, beta / n, 0.005);
  }
}
