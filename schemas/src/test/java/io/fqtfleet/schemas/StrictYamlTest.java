package io.fqtfleet.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StrictYamlTest {
  enum Mode {
    FAST,
    VERY_SLOW
  }

  record Broker(String uri, int port, Duration timeout) {
    Broker {
      timeout = timeout == null ? Duration.ofSeconds(5) : timeout;
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port " + port + " is not in 1..65535");
      }
    }
  }

  record Config(Broker kafka, List<Broker> others, Map<String, Integer> weights, Mode mode) {
    Config {
      mode = mode == null ? Mode.FAST : mode;
    }
  }

  @Test
  void readsRecordsListsMapsEnumsAndDurations() {
    Config config =
        StrictYaml.parse(
            "test",
            """
            kafka: {uri: localhost, port: 9092, timeout: 250ms}
            others:
              - {uri: a, port: 1}
              - {uri: b, port: 2, timeout: PT1H}
            weights: {x: 3}
            mode: very-slow
            """,
            Config.class);
    assertEquals(new Broker("localhost", 9092, Duration.ofMillis(250)), config.kafka());
    assertEquals(Duration.ofHours(1), config.others().get(1).timeout());
    assertEquals(Duration.ofSeconds(5), config.others().get(0).timeout(), "the default");
    assertEquals(Map.of("x", 3), config.weights());
    assertEquals(Mode.VERY_SLOW, config.mode());
  }

  @Test
  void listsAllProblemsAtOnceWithPathValueAndRemedy() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () ->
                StrictYaml.parse(
                    "fleet.yaml",
                    """
                    kafka: {uri: localhost, prot: 9092, timeout: soon}
                    others: [{uri: a, port: 70000}, {uri: b}]
                    weights: {x: many}
                    mode: medium
                    """,
                    Config.class));
    assertEquals(
        List.of(
            "kafka.prot: is an unknown key; did you mean 'port'?",
            "kafka.timeout: \"soon\" is not a duration such as 250ms, 30s, 5m or 2h",
            "others[0]: port 70000 is not in 1..65535",
            "others[1].port: is missing; it has no default",
            "weights.x: \"many\" is not a whole number",
            "mode: \"medium\" is not one of [fast, very_slow]"),
        e.problems());
    assertTrue(e.getMessage().startsWith("fleet.yaml: 6 problems\n  - kafka.prot"), e.getMessage());
  }

  @Test
  void refusesDuplicateKeysAndBrokenYamlWithTheLine() {
    String twice = "mode: fast\nmode: fast\n";
    ConfigException e =
        assertThrows(ConfigException.class, () -> StrictYaml.parse("t", twice, Config.class));
    assertTrue(e.getMessage().contains("uplicate"), e.getMessage());
    ConfigException broken =
        assertThrows(
            ConfigException.class,
            () -> StrictYaml.parse("t", "kafka: [1,\nmode: x", Config.class));
    assertTrue(broken.getMessage().contains("line 2"), broken.getMessage());
  }

  @Test
  void noMessageShowsASecretOfTheFile() {
    String key = "0b".repeat(32);
    for (String text :
        List.of(
            "kafka: {uri: \"" + key,
            "kafka: {uri: {a: \"" + key + "\"}, port: 1}",
            "password: {uri: [\"" + key + "\"]}\nkafka: [\"" + key + "\"]",
            "weights: {masterKey: hidden" + key.substring(0, 9) + "}")) {
      String said =
          assertThrows(ConfigException.class, () -> StrictYaml.parse("t", text, Config.class))
              .getMessage();
      assertTrue(!said.contains("0b0b"), said);
    }
  }

  @Test
  void theEnvironmentWinsOverTheFileAndUnknownVariablesAreRefused(@TempDir Path dir)
      throws IOException {
    Path file = Files.writeString(dir.resolve("c.yaml"), "kafka: {uri: a, port: 1}\n");
    Map<String, String> environment =
        Map.of("FQT_KAFKA_PORT", "77", "FQT_MODE", "very-slow", "HOME", "/");
    Config config = StrictYaml.read(file, Config.class, environment, "FQT");
    assertEquals(new Broker("a", 77, Duration.ofSeconds(5)), config.kafka());
    assertEquals(Mode.VERY_SLOW, config.mode());

    Map<String, String> typo = Map.of("FQT_KAFKA_PROT", "77");
    ConfigException e =
        assertThrows(ConfigException.class, () -> StrictYaml.read(file, Config.class, typo, "FQT"));
    assertTrue(e.getMessage().contains("FQT_KAFKA_PROT names no setting"), e.getMessage());
  }

  @Test
  void aMissingFileSaysSo() {
    ConfigException e =
        assertThrows(
            ConfigException.class,
            () -> StrictYaml.read(Path.of("nowhere.yaml"), Config.class, Map.of(), "FQT"));
    assertTrue(e.getMessage().contains("there is no such file"), e.getMessage());
  }
}
