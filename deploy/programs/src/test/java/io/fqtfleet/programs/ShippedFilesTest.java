package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.streams.StreamsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every configuration file that is shipped is one that its program takes. */
class ShippedFilesTest {
  private static final Path CONFIG = Path.of("../config");

  @Test
  void gatewayAndStreamsStartFromTheirFiles() {
    String key = "0123456789abcdef".repeat(4);
    GatewayConfig gateway =
        StrictYaml.read(
            CONFIG.resolve("gateway.yaml"),
            GatewayConfig.class,
            Map.of("FQT_GATEWAY_KEYS_MASTER_KEY", key),
            GatewayConfig.ENVIRONMENT_PREFIX);
    assertEquals("tcp://localhost:1883", gateway.mqtt().uri());
    assertEquals(key, gateway.keys().masterKey());
    StreamsSettings streams =
        StrictYaml.read(
            CONFIG.resolve("streams.yaml"),
            StreamsSettings.class,
            Map.of(),
            StreamsSettings.ENVIRONMENT_PREFIX);
    assertEquals("localhost:9092", streams.kafka().bootstrapServers());
  }

  @Test
  void thePolicyIsValid() {
    assertEquals(60_000, PolicyCommand.read(CONFIG.resolve("policy.yaml"), 1).getRoundMs());
  }

  @Test
  void everyScenarioIsValid() throws IOException {
    int found = 0;
    try (Stream<Path> files = Files.list(Home.find().root().resolve("device-sim/scenarios"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        assertTrue(Scenario.read(file).simulatedDevices() > 0, file.toString());
        found++;
      }
    }
    assertTrue(found >= 3, found + " scenarios");
  }

  @Test
  void noConfigurationFileIsForgotten() throws IOException {
    try (Stream<Path> files = Files.list(CONFIG)) {
      assertEquals(
          "[gateway.yaml, mosquitto.acl, mosquitto.conf, policy.yaml, prometheus, streams.yaml]",
          files.map(f -> f.getFileName().toString()).sorted().toList().toString());
    }
  }
}
