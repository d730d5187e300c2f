package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalCertificates;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.StrictYaml;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayConfigTest {
  private static final String KEY = "ab".repeat(32);
  private static final String LEAST =
      """
      mqtt: {uri: "ssl://127.0.0.1:8883"}
      kafka: {bootstrapServers: "127.0.0.1:9092"}
      keys: {masterKey: "%s"}
      """
          .formatted(KEY);

  /** Every key with a value that differs from its default. */
  private static final String ALL =
      """
      mqtt:
        uri: ssl://broker:1884
        username: gateway
        password: hidden
        tls: {caFile: CA, certificateFile: CERT, keyFile: PRIVATE, verifyHostname: false}
        keepAlive: 33s
        timeout: 4s
        retryMin: 70ms
        retryMax: 9s
        identityProperty: client
      kafka:
        bootstrapServers: a:1,b:2
        partitions: 3
        deliveryTimeout: 44s
        linger: 1ms
        client: {security.protocol: SASL_SSL, sasl.jaas.config: secret words}
      uplink:
        sessions: 16
        window: 77
        payloadBytesMax: 1234
        group: up
        ownershipTimeout: 8s
      downlink:
        group: down
        window: 7
        repeat: 2m
      keys:
        masterKey: "%s"
        keyId: 5
        deviceKeyFile: keys.yaml
      ops:
        host: 0.0.0.0
        port: 8080
      """
          .formatted(KEY);

  @TempDir static Path certificates;
  @TempDir Path directory;

  private static String all;

  @BeforeAll
  static void writeCertificates() {
    LocalCertificates authority = new LocalCertificates(certificates);
    LocalCertificates.Holder own = authority.issue("gateway");
    all =
        ALL.replace("CA,", authority.ca() + ",")
            .replace("CERT,", own.certificate() + ",")
            .replace("PRIVATE,", own.key() + ",");
  }

  private static GatewayConfig parse(String text) {
    return StrictYaml.parse("gateway.yaml", text, GatewayConfig.class);
  }

  @Test
  void everyKeyIsRead() {
    Map<String, String> defaults = EffectiveConfig.of(parse(LEAST));
    Map<String, String> every = EffectiveConfig.of(parse(all));
    List<String> keys = keys("", GatewayConfig.class);
    for (String key : keys) {
      if (key.equals("keys.masterKey") || key.equals("kafka.client")) {
        continue;
      }
      assertTrue(every.containsKey(key), key);
      assertNotEquals(defaults.get(key), every.get(key), key);
    }
    assertEquals("SASL_SSL", every.get("kafka.client.security.protocol"));
  }

  @Test
  void secretsAreNotPrinted() {
    Map<String, String> every = EffectiveConfig.of(parse(all));
    assertEquals("********", every.get("mqtt.password"));
    assertEquals("********", every.get("keys.masterKey"));
    assertEquals("********", every.get("kafka.client.sasl.jaas.config"));
    String printed = every + " " + parse(all).keys();
    assertFalse(printed.contains("hidden") || printed.contains(KEY), printed);
    assertFalse(printed.contains("secret words"), printed);
  }

  @Test
  void allProblemsAreListedAtOnce() {
    String text =
        """
        mqtt: {uri: "http://broker:80", keepAlive: 0s}
        kafka: {bootstrapServers: "a:1", client: {acks: "1"}}
        uplink: {sesions: 4, window: 0}
        keys: {masterKey: abc}
        """;
    ConfigException refused = assertThrows(ConfigException.class, () -> parse(text));
    String said = refused.getMessage();
    for (String part :
        List.of(
            "http://broker:80",
            "keepAlive",
            "[acks]",
            "did you mean 'sessions'",
            "64 or more hexadecimal")) {
      assertTrue(said.contains(part), () -> part + " not in: " + said);
    }
    assertFalse(said.contains("abc'"), said);
  }

  @Test
  void uselessCertificatesAreNamedWithTheRemedy() throws IOException {
    Path key = directory.resolve("old.key");
    Files.writeString(
        key, "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    Path certificate = certificates.resolve("gateway.pem");
    assertRefused(certificate, key, "openssl pkcs8 -topk8");
    assertRefused(key, certificates.resolve("gateway.key.pem"), "old.key holds no");
    assertRefused(directory.resolve("none.pem"), key, "none.pem cannot be read");
  }

  private static void assertRefused(Path certificate, Path key, String expected) {
    String text =
        LEAST.replace(
            "8883\"}",
            "8883\", tls: {certificateFile: \"%s\", keyFile: \"%s\"}}".formatted(certificate, key));
    String said = assertThrows(ConfigException.class, () -> parse(text)).getMessage();
    assertTrue(said.contains(expected), said);
  }

  @Test
  void tlsSettingsThatContradictAreRefused() {
    String plain = LEAST.replace("ssl://127.0.0.1:8883\"", "tcp://127.0.0.1:1883\", tls: {}");
    String said = assertThrows(ConfigException.class, () -> parse(plain)).getMessage();
    assertTrue(said.contains("write ssl://"), said);
    String half = LEAST.replace("8883\"", "8883\", tls: {keyFile: key.pem}");
    String why = assertThrows(ConfigException.class, () -> parse(half)).getMessage();
    assertTrue(why.contains("certificateFile and keyFile go together"), why);
  }

  @Test
  void whatHasNoDefaultIsDemanded() {
    ConfigException refused = assertThrows(ConfigException.class, () -> parse(""));
    String said = refused.getMessage();
    assertTrue(said.contains("mqtt.uri") && said.contains("kafka.bootstrapServers"), said);
    assertTrue(said.contains("keys.masterKey"), said);
  }

  @Test
  void theEnvironmentWinsOverTheFile() throws IOException {
    Path file = directory.resolve("gateway.yaml");
    Files.writeString(file, LEAST);
    GatewayConfig config =
        StrictYaml.read(
            file,
            GatewayConfig.class,
            Map.of("FQT_GATEWAY_KAFKA_BOOTSTRAP_SERVERS", "c:3", "FQT_GATEWAY_OPS_PORT", "1"),
            GatewayConfig.ENVIRONMENT_PREFIX);
    assertEquals("c:3", config.kafka().bootstrapServers());
    assertEquals(1, config.ops().port());
    assertEquals(Duration.ofSeconds(20), config.mqtt().keepAlive());
  }

  /** A failure here is mended by the command that stands above the table. */
  @Test
  void theTableOfTheReadmeIsMadeFromTheCode() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    assertEquals(ConfigReference.PLACE.into(readme, ConfigReference.table()), readme);
    for (String key : keys("", GatewayConfig.class)) {
      assertTrue(readme.contains("\n| `" + key + "` | "), key);
    }
    assertTrue(readme.contains("| `mqtt.uri` | (required) |"), "what has no default says so");
    assertTrue(readme.contains("| `uplink.window` | `512` |"), "defaults come from the records");
  }

  @Test
  void aTextWithoutAPlaceForTheTableIsRefused() {
    var refused =
        assertThrows(
            IllegalArgumentException.class, () -> ConfigReference.PLACE.into("# Gateway\n", ""));
    assertTrue(refused.getMessage().contains(ConfigReference.PLACE.begin()), refused.getMessage());
  }

  private static List<String> keys(String path, Class<?> type) {
    List<String> keys = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String key = path.isEmpty() ? component.getName() : path + "." + component.getName();
      if (component.getType().isRecord()) {
        keys.addAll(keys(key, component.getType()));
      } else {
        keys.add(key);
      }
    }
    return keys;
  }
}
