package io.fqtfleet.programs.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.programs.evaluation.Scoring.Score;
import io.fqtfleet.programs.report.Workers;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A few scenarios with a few seeds: what production must find, name right, and leave alone. */
class ScenarioRunTest {
  private static final int SEEDS = 2;

  private static DriftScenario scenario(String id) throws IOException {
    return Selection.of(EvaluateCommand.catalogue(), List.of(id)).scenarios().get(0);
  }

  @ParameterizedTest
  @CsvSource({"S1.30, 8", "S5.60, 12", "S6.stuck, 3", "S16.drift, 15"})
  void changesAreFoundInTimeNamedRightAndNothingElseIs(String id, int within) throws IOException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      String story = id + " seed " + seed + ": ";
      Score score = ScenarioRun.production(scenario(id), seed, ScenarioRun.POLICY);
      assertFalse(score.truths().isEmpty(), story);
      for (Scoring.Judged judged : score.truths()) {
        assertTrue(judged.delay() > 0 && judged.delay() <= within, story + judged);
        assertEquals(judged.truth().kind().name(), judged.verdict(), story + judged);
        assertTrue(Math.abs(judged.onsetError()) <= within, story + judged);
      }
      assertEquals(List.of(), score.falseAlarms(), story);
    }
  }

  @ParameterizedTest
  @CsvSource({"S0.noise10"})
  void aStationaryFleetIsQuiet(String id) throws IOException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Score score = ScenarioRun.production(scenario(id), seed, ScenarioRun.POLICY);
      assertEquals(List.of(), score.falseAlarms(), id + " seed " + seed);
      assertEquals(Set.of(Scoring.NONE), Set.copyOf(score.quietVerdicts()));
    }
  }

  @Test
  void aStationaryFleetThatTakesItsBudgetsRaisesNoMorePagesThanStated() {
    Study study;
    try (Workers workers = new Workers(1, new PrintStream(OutputStream.nullOutputStream()))) {
      study = FleetStudy.run(3, 6, 50, DriftScenario.ROUNDS_PER_DAY / 2, workers);
    }
    assertEquals(2, study.targets().size());
    for (Study.Target target : study.targets()) {
      assertEquals("REACHED", target.verdict(), target.toString());
    }
  }

  @Test
  void theSameSeedGivesTheSameAlarms() throws IOException {
    for (String id : List.of("S16.fault", "S16.drift")) {
      assertTrue(ScenarioRun.repeats(scenario(id), 7).again(), id);
    }
  }

  @Test
  void everyScenarioOfTheProtocolIsThere() throws IOException {
    Set<String> families =
        EvaluateCommand.catalogue().stream()
            .map(DriftScenario::family)
            .collect(Collectors.toCollection(TreeSet::new));
    for (int i = 0; i <= 16; i++) {
      assertTrue(families.contains("S" + i), "S" + i + " is not in " + families);
    }
  }
}
