package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Choosing and setting a detector, as policies and command lines do. */
class DetectorPlanTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kswin | arl=1 | detector 'kswin' is unknown; known are e-sr, e-sr-bounded",
        "e-sr | arll=1e4 | e-sr: key 'arll' is unknown; known are arl, beta, warmup",
        "e-sr | arl=0.5 | e-sr: arl = '0.5' is not a number in 2..",
        "e-sr | arl=NaN | e-sr: arl = 'NaN' is not a number in 2..",
        "e-sr | warmup=2.5 | e-sr: warmup = '2.5' is not a whole number in 2..1000000",
        "e-sr | direction=left | e-sr: direction = 'left' is not one of up, down, both",
        "e-sr | rate=2 | e-sr: rate = '2' is not learnt or a number in 0.001..0.999",
        "e-sr-gaussian | mean=2 | mean and sd are both learnt or both given; give the other",
        "adwin | delta=x | adwin: delta = 'x' is not a number in 1.0E-100..0.9",
        "adwin | cuts=all | adwin: key 'cuts' is unknown",
      })
  void aWrongChoiceIsNamedWithRuleAndRemedy(String name, String setting, String expected) {
    String[] pair = setting.split("=");
    List<String> problems = DetectorPlan.problems(name, Map.of(pair[0], pair[1]));
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).contains(expected), problems.get(0));
  }

  @Test
  void allProblemsAreListedAtOnce() {
    Map<String, String> wrong = Map.of("arl", "0", "lag", "-1", "colour", "red");
    assertEquals(3, DetectorPlan.problems("e-sr", wrong).size());
    var refused =
        assertThrows(IllegalArgumentException.class, () -> DetectorPlan.of("e-sr", wrong));
    assertTrue(refused.getMessage().contains("colour"), refused.getMessage());
  }

  @Test
  void namesAreUniqueAndEveryDefaultIsAllowed() {
    Set<String> names = new HashSet<>();
    for (DetectorKind kind : DetectorKind.values()) {
      assertTrue(names.add(kind.label()), kind.label());
      for (String alias : kind.aliases()) {
        assertTrue(names.add(alias), alias);
        assertEquals(kind, DetectorPlan.of(alias, Map.of()).kind());
      }
      for (DetectorSetting setting : kind.settings()) {
        assertEquals(null, setting.problem(setting.fallback()), kind + " " + setting.key());
      }
    }
    assertEquals(DetectorKind.HDDM_A, DetectorPlan.of("HDDM_A", Map.of()).kind());
  }

  @Test
  void aPlanShowsEverySettingInForce() {
    DetectorPlan plan = DetectorPlan.of("e-sr", Map.of("arl", "1e6"));
    assertEquals("1e6", plan.settings().get("arl"));
    assertEquals("60", plan.settings().get("warmup"));
    assertEquals(plan.kind().settings().size(), plan.settings().size());
  }

  @Test
  void valuesOutsideOfADetectorsRangeAreRefused() {
    for (DetectorKind kind : DetectorKind.values()) {
      Detector detector = DetectorPlan.of(kind.label(), Map.of()).newDetector();
      for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -0.1, 0.5, 1.5}) {
        if (kind.input().allow(value)) {
          detector.add(value);
        } else {
          var refused = assertThrows(IllegalArgumentException.class, () -> detector.add(value));
          assertTrue(refused.getMessage().contains("" + value), refused.getMessage());
        }
      }
    }
  }

  @Test
  void countsAreEvidenceForDetectorsThatKnowThemAndSharesForOthers() {
    Detector counts = DetectorPlan.of("e-sr", Map.of("warmup", "10", "lag", "5")).newDetector();
    Detector shares = DetectorPlan.of("adwin", Map.of()).newDetector();
    int countsAlarm = -1;
    int sharesAlarm = -1;
    for (int i = 0; i < 200; i++) {
      int errors = i < 100 ? 2 + i % 2 : 15;
      countsAlarm = counts.addCounts(errors, 32) && countsAlarm < 0 ? i : countsAlarm;
      sharesAlarm = shares.addCounts(errors, 32) && sharesAlarm < 0 ? i : sharesAlarm;
      assertTrue(!counts.addCounts(0, 0) && !shares.addCounts(0, 0));
    }
    assertTrue(countsAlarm >= 100 && countsAlarm < 105, "counts " + countsAlarm);
    assertTrue(sharesAlarm >= 100 && sharesAlarm < 160, "shares " + sharesAlarm);
    assertThrows(IllegalArgumentException.class, () -> counts.addCounts(5, 4));
  }
}
