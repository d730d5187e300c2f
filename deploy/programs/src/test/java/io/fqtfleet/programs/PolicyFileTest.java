package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.DetectorChoice;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.streams.policy.PolicyFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PolicyFileTest {
  private static String shipped() throws IOException {
    try (InputStream in = PolicyFileTest.class.getResourceAsStream("/demo-policy.yaml")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Policy policy(String text) {
    return PolicyCommand.checked("p.yaml", StrictYaml.parse("p.yaml", text, PolicyFile.class), 5);
  }

  @Test
  void theShippedPolicyIsValidAndUnitsAreConverted() throws IOException {
    Policy policy = policy(shipped());
    assertEquals("*", policy.getCohort());
    assertEquals(5, policy.getVersion());
    assertEquals(2000, policy.getRoundMs());
    assertEquals(2000, policy.getQuiet().getReportIntervalMs());
    assertEquals(50, policy.getQuiet().getLambdaMinPermille());
    assertEquals(1000, policy.getDrift().getLambdaMaxPermille());
    assertEquals(10_486, policy.getDrift().getLearningRate(), "0.01 in units of 2^-20");
    assertEquals(600, policy.getTimeToLiveS());
    assertEquals(ExpiryAction.FREEZE, policy.getOnExpiry());
    assertEquals(500, policy.getDriftSettings().getGraceMs());
  }

  @Test
  void silencesAreReadAndCheckedLikeTheRest() throws IOException {
    String silences =
        shipped()
            + """
            silences:
              - {kind: device_fault, cohort: press-a, until: 2026-12-24T18:00:00Z, reason: moving}
              - {until: 2026-12-24T18:00:00Z, reason: all quiet, author: kim}
            """;
    List<Silence> read = policy(silences).getSilences();
    assertEquals(AlertKind.DEVICE_FAULT, read.get(0).getKind());
    assertEquals("press-a", read.get(0).getCohort());
    assertEquals(1_798_135_200_000L, read.get(0).getUntilMs());
    assertEquals(System.getProperty("user.name"), read.get(0).getAuthor());
    assertEquals("kim", read.get(1).getAuthor());
    assertNull(read.get(1).getKind());
    for (List<String> change :
        List.of(
            List.of("2026-12-24T18:00:00Z", "soon", "until 'soon' is no time"),
            List.of("reason: moving", "reason: ' '", "silences[0].reason (characters): 0"),
            List.of("press-a", "press a", "silences[0].cohort: 'press a' is not"))) {
      String broken = silences.replace(change.get(0), change.get(1));
      ConfigException e = assertThrows(ConfigException.class, () -> policy(broken));
      assertTrue(e.getMessage().contains(change.get(2)), e.getMessage());
    }
  }

  @Test
  void signalsAreChosenInThePolicy() throws IOException {
    String text =
        shipped()
            + "  signals: [error, confidence]\n  falseDiscoveryRate: 0.1\n  silentRounds: 9\n";
    DriftSettings settings = policy(text).getDriftSettings();
    assertEquals(List.of(DriftSignal.ERROR, DriftSignal.CONFIDENCE), settings.getSignals());
    assertEquals(0.1, settings.getFalseDiscoveryRate());
    assertEquals(9, settings.getSilentRounds());
    String twice = shipped() + "  signals: [error, error]\n";
    ConfigException e = assertThrows(ConfigException.class, () -> policy(twice));
    assertTrue(e.getMessage().contains("each once"), e.getMessage());
  }

  @Test
  void detectorsAreChosenInThePolicyPerSignal() throws IOException {
    String text =
        shipped()
            + "  detectors:\n    - {signal: error, detector: adwin, settings: {delta: \"0.01\"}}\n"
            + "    - {signal: input-mean, detector: cusum}\n";
    List<DetectorChoice> chosen = policy(text).getDriftSettings().getDetectors();
    assertEquals(2, chosen.size());
    assertEquals(DriftSignal.ERROR, chosen.get(0).getSignal());
    assertEquals("adwin", chosen.get(0).getDetector());
    assertEquals(Map.of("delta", "0.01"), chosen.get(0).getSettings());
    assertEquals(Map.of(), chosen.get(1).getSettings());
    String wrong = text.replace("delta: \"0.01\"", "delta: \"7\"");
    ConfigException e = assertThrows(ConfigException.class, () -> policy(wrong));
    assertTrue(e.getMessage().contains("driftSettings.detectors[0]: adwin: "), e.getMessage());
  }

  @Test
  void everythingWrongIsSaidAtOnceWithItsPath() throws IOException {
    String broken =
        shipped()
            .replace("lambdaMin: 0.05", "lambdaMin: 1.5")
            .replace("batchSize: 8", "batchSise: 8")
            .replace("round: 2s", "round: soon");
    List<String> problems = assertThrows(ConfigException.class, () -> policy(broken)).problems();
    assertTrue(
        problems.contains("round: \"soon\" is not a duration such as 250ms, 30s, 5m or 2h"),
        problems.toString());
    assertTrue(
        problems.contains("quiet.batchSise: is an unknown key; did you mean 'batchSize'?"),
        problems.toString());
  }

  @Test
  void valuesOutOfRangeAreRefusedWithTheRule() throws IOException {
    for (List<String> change :
        List.of(
            List.of("lambdaMin: 0.05", "lambdaMin: 1.5", "lambdaMin 1.5 is not between 0 and 1"),
            List.of("learningRate: 0.002", "learningRate: 0", "learningRate 0.0 is not above 0"),
            List.of("batchSize: 8", "batchSize: 65", "batchSize"),
            List.of("lambdaMax: 0.1", "lambdaMax: 0.01", "lambdaMaxPermille"),
            List.of("cohort: \"*\"", "cohort: \"press a\"", "cohort 'press a' is neither *"))) {
      String broken =
          shipped().replaceFirst(java.util.regex.Pattern.quote(change.get(0)), change.get(1));
      ConfigException e = assertThrows(ConfigException.class, () -> policy(broken));
      assertTrue(e.getMessage().contains(change.get(2)), e.getMessage());
    }
  }
}
