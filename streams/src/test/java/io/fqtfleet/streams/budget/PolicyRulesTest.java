package io.fqtfleet.streams.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DetectorChoice;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.Policy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyRulesTest {
  private static Policy.Builder valid() {
    return Policy.newBuilder(Policies.DEFAULT).setVersion(1);
  }

  private static BudgetTerms.Builder terms(BudgetTerms from) {
    return BudgetTerms.newBuilder(from);
  }

  private static void refused(Policy policy, String... beginnings) {
    List<String> problems = PolicyRules.problems(policy);
    assertEquals(beginnings.length, problems.size(), problems.toString());
    for (int i = 0; i < beginnings.length; i++) {
      assertTrue(problems.get(i).startsWith(beginnings[i]), problems.get(i));
    }
  }

  @Test
  void theBuiltInPolicyIsValidOnceItHasAVersion() {
    assertEquals(List.of(), PolicyRules.problems(valid().build()));
    refused(Policies.DEFAULT, "version: 0 is not in 1..");
  }

  @Test
  void everyProblemIsNamedWithItsPathAndRemedy() {
    Policy bad =
        valid()
            .setCohort("line 1")
            .setFrozenDevices(List.of("ok", "not ok"))
            .setRoundMs(2000)
            .setQuiet(terms(Policies.DEFAULT.getQuiet()).setBatchSize(0).build())
            .setDriftSettings(DriftSettings.newBuilder().setWarmupReports(1).build())
            .build();
    refused(
        bad,
        "cohort: 'line 1' is neither * nor ",
        "frozenDevices[1]: 'not ok' is not a device id",
        "quiet.batchSize: 0 is not in 1..64; choose",
        "driftSettings.warmupReports: 1 is not in 4..10000");
  }

  @Test
  void lambdasMustBeOrdered() {
    Policy crossed =
        valid()
            .setTrial(
                terms(Policies.DEFAULT.getTrial())
                    .setLambdaMinPermille(600)
                    .setLambdaMaxPermille(500)
                    .build())
            .build();
    refused(crossed, "trial.lambdaMinPermille: 600 is above lambdaMaxPermille 500");
    Policy less =
        valid()
            .setDrift(
                terms(Policies.DEFAULT.getDrift())
                    .setLambdaMinPermille(0)
                    .setLambdaMaxPermille(50)
                    .build())
            .build();
    refused(less, "drift.lambda: 0..50 permille is below quiet's 50..100");
  }

  @Test
  void intervalsAndTimesToLiveFitTheRound() {
    Policy slow =
        valid()
            .setQuiet(terms(Policies.DEFAULT.getQuiet()).setReportIntervalMs(5000).build())
            .build();
    refused(slow, "quiet.reportIntervalMs: 5000 is longer than a round of 2000 ms");
    refused(valid().setTimeToLiveS(5).build(), "timeToLiveS: 5 is shorter than 4 rounds");
    assertEquals(List.of(), PolicyRules.problems(valid().setTimeToLiveS(0).build()));
  }

  @Test
  void layersCanOnlyBeChosenBetweenTwo() {
    assertEquals(List.of(), PolicyRules.problems(valid().setChooseLayers(true).build()));
    BudgetTerms all = terms(Policies.DEFAULT.getQuiet()).setFirstTrainableLayer(0).build();
    refused(
        valid().setChooseLayers(true).setQuiet(all).build(),
        "chooseLayers: true with drift.firstTrainableLayer 0 and quiet.firstTrainableLayer 0 leaves"
            + " nothing to choose; raise quiet's");
  }

  @Test
  void pagesAndTrialsMakeSense() {
    Policy never =
        valid()
            .setDriftSettings(DriftSettings.newBuilder().setFalsePagesPerFleetDay(0).build())
            .build();
    refused(never, "driftSettings.falsePagesPerFleetDay: 0.0 is not above 0");
    Policy idle =
        valid().setTrial(terms(Policies.DEFAULT.getTrial()).setTraining(false).build()).build();
    refused(idle, "trial.training: false makes a trial pointless");
  }

  private static Policy choosing(DetectorChoice... choices) {
    return valid()
        .setDriftSettings(DriftSettings.newBuilder().setDetectors(List.of(choices)).build())
        .build();
  }

  private static DetectorChoice choice(DriftSignal signal, String name, Map<String, String> set) {
    return DetectorChoice.newBuilder().setSignal(signal).setDetector(name).setSettings(set).build();
  }

  @Test
  void detectorsExistAreSetRightAndFitTheirSignal() {
    assertEquals(
        List.of(),
        PolicyRules.problems(
            choosing(
                choice(DriftSignal.ERROR, "adwin", Map.of("delta", "0.01")),
                choice(DriftSignal.INPUT_MEAN, "page-hinkley", Map.of()))));
    refused(
        choosing(choice(DriftSignal.ERROR, "kswin", Map.of())),
        "driftSettings.detectors[0]: detector 'kswin' is unknown; known are e-sr");
    refused(
        choosing(choice(DriftSignal.ERROR, "adwin", Map.of("alpha", "0.01"))),
        "driftSettings.detectors[0]: adwin: key 'alpha' is unknown; known are delta");
    refused(
        choosing(choice(DriftSignal.LOSS, "e-sr", Map.of())),
        "driftSettings.detectors[0].detector: e-sr wants numbers in 0..1, LOSS has no such range");
    refused(
        choosing(choice(DriftSignal.RELATIVE_UPDATE, "adwin", Map.of())),
        "driftSettings.detectors[0].signal: RELATIVE_UPDATE is not among the tested signals");
    refused(
        choosing(
            choice(DriftSignal.ERROR, "adwin", Map.of()),
            choice(DriftSignal.ERROR, "cusum", Map.of())),
        "driftSettings.detectors[1].signal: ERROR has a detector already; remove one");
  }
}
