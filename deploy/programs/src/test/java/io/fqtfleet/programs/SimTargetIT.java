package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.gateway.Gateway;
import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.localstack.KafkaLogin;
import io.fqtfleet.localstack.LocalCertificates;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** {@code sim run} as processes against a deployment with TLS and logins on all its doors. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SimTargetIT {
  private static final String PASSWORD = "sim-secret-55";
  private static final String MASTER_KEY = "5a".repeat(32);
  private static final String SCENARIO =
      """
      name: shared
      seed: 4
      duration: 8s
      domains: {hall: {speedRpm: 1772, load: 0.6}}
      cohorts:
        - {name: t, devices: 40, domain: hall, fidelity: trace, reportInterval: 500ms}
        - {name: e, devices: 2, domain: hall, reportInterval: 500ms}
      expect: {lost: 0, duplicated: 0, outOfOrder: 0, accuracy: 0.9}
      """;

  @TempDir static Path folder;
  private static LocalKafka kafka;
  private static MosquittoBroker broker;
  private static Gateway gateway;
  private static Path ca;

  @BeforeAll
  static void aDeploymentWithDoors() throws Exception {
    boolean required = "1".equals(System.getenv("REQUIRE_TOOLS"));
    assumeTrue(
        MosquittoBroker.available() || required, "SKIPPED: mosquitto (Debian) is not installed");
    LocalCertificates authority = new LocalCertificates(folder.resolve("certificates"));
    ca = authority.ca();
    LocalCertificates.Holder server = authority.issue("servers");
    kafka =
        LocalKafka.withLogin(
            folder.resolve("kafka"), new KafkaLogin(ca, server, Map.of("sim", PASSWORD)));
    Path access = folder.resolve("access");
    Files.writeString(access, "user sim\ntopic readwrite #\ntopic read $SYS/#\n");
    broker =
        MosquittoBroker.withPasswordsOverTls(
            folder.resolve("mqtt"), server, Map.of("sim", PASSWORD), access);
    kafka.start();
    broker.start();
    Map<String, String> client = new TreeMap<>();
    client.put("security.protocol", "SASL_SSL");
    client.put("sasl.mechanism", "PLAIN");
    client.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"sim\""
            + " password=\"%s\";".formatted(PASSWORD));
    client.put("ssl.truststore.type", "PEM");
    client.put("ssl.truststore.location", ca.toString());
    List<String> lines = new ArrayList<>();
    client.forEach((key, value) -> lines.add(key + "=" + value));
    Files.write(folder.resolve("kafka.properties"), lines);
    Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    Files.writeString(folder.resolve("key"), MASTER_KEY);
    GatewayConfig.Tls tls = new GatewayConfig.Tls(ca.toString(), null, null, null);
    String uri = "ssl://127.0.0.1:" + broker.port();
    gateway =
        new Gateway(
            new GatewayConfig(
                new GatewayConfig.Mqtt(uri, "sim", PASSWORD, tls, null, null, null, null, null),
                new GatewayConfig.Kafka(kafka.bootstrapServers(), 4, null, null, client),
                null,
                null,
                new GatewayConfig.Keys(MASTER_KEY, null, null),
                new GatewayConfig.Ops(null, 0)));
    gateway.start();
    assertTrue(gateway.awaitReady(Duration.ofSeconds(60)), () -> "" + gateway.notReady());
  }

  @AfterAll
  static void stop() {
    if (gateway != null) {
      gateway.close();
    }
    if (broker != null) {
      broker.stop();
    }
    if (kafka != null) {
      kafka.close();
    }
  }

  /** A {@code fleet sim ...} that has been started. */
  private record Running(Process process, Path said) {
    int exit() throws InterruptedException {
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), "it did not end");
      return process.exitValue();
    }

    String text() {
      try {
        return Files.readString(said);
      } catch (IOException e) {
        return e.toString();
      }
    }
  }

  private static Running fleet(Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(FleetCli.class.getName());
    command.addAll(arguments);
    Path said = Files.createTempFile(folder, "said", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new Running(builder.redirectOutput(said.toFile()).start(), said);
  }

  private static List<String> run(String scenario, Path json, String... more) {
    List<String> arguments = new ArrayList<>(List.of("sim", "run", scenario));
    arguments.addAll(List.of("--mqtt", "127.0.0.1:" + broker.port(), "--ca", ca.toString()));
    arguments.addAll(List.of("--username", "sim"));
    arguments.addAll(List.of("--password-file", folder.resolve("password").toString()));
    arguments.addAll(List.of("--master-key-file", folder.resolve("key").toString()));
    arguments.addAll(kafkaOptions());
    arguments.addAll(List.of("--json", json.toString()));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static List<String> kafkaOptions() {
    return List.of(
        "--kafka",
        kafka.bootstrapServers(),
        "--kafka-properties",
        folder.resolve("kafka.properties").toString());
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  /** So that no process is late because it had to. */
  private static void trainOnce(Scenario scenario) {
    new ModelTrainer(scenario.generated(), scenario.sourceDomains(), scenario.seed())
        .cached(Home.find().models());
  }

  @Test
  @Order(1)
  void twoProcessesShareAScenarioAndTheirResultsAreOne() throws Exception {
    Path scenario = folder.resolve("shared.yaml");
    Files.writeString(scenario, SCENARIO);
    trainOnce(Scenario.read(scenario));
    Path first = folder.resolve("1.json");
    Path second = folder.resolve("2.json");
    Running one = fleet(Map.of(), run(scenario.toString(), first, "--slice", "1/2"));
    Running two = fleet(Map.of(), run(scenario.toString(), second, "--slice", "2/2"));
    assertEquals(0, one.exit(), one::text);
    assertEquals(0, two.exit(), two::text);
    Path whole = folder.resolve("whole.json");
    List<String> merge = new ArrayList<>(List.of("sim", "merge", scenario.toString()));
    merge.addAll(List.of(first.toString(), second.toString(), "--json", whole.toString()));
    Running merged = fleet(Map.of(), merge);
    assertEquals(0, merged.exit(), merged::text);
    JsonNode a = json(first);
    JsonNode b = json(second);
    JsonNode sum = json(whole);
    assertEquals(20, a.at("/devices/trace").asInt());
    assertEquals(20, b.at("/devices/trace").asInt());
    assertEquals(0, b.at("/devices/exact").asInt());
    for (String count : List.of("/reports/acknowledged", "/reports/inKafka", "/devices/exact")) {
      assertEquals(a.at(count).asLong() + b.at(count).asLong(), sum.at(count).asLong(), count);
    }
    long acknowledged = sum.at("/reports/acknowledged").asLong();
    assertTrue(acknowledged > 40 * 8, merged::text);
    assertEquals(acknowledged, sum.at("/reports/inKafka").asLong(), merged::text);
    assertEquals(acknowledged, sum.at("/publishToAck/count").asLong(), merged::text);
    assertEquals(acknowledged, sum.at("/reportToKafka/count").asLong(), merged::text);
    assertTrue(sum.at("/expected").size() >= 5, merged::text);
  }

  @Test
  @Order(2)
  void whatWasReportedIsReplayedUntilTheBrokerDiesAndThatMuchIsKept() throws Exception {
    Path name = folder.resolve("of-today");
    List<String> record = new ArrayList<>(List.of("sim", "record", name.toString()));
    record.addAll(kafkaOptions());
    Running recorded = fleet(Map.of(), record);
    assertEquals(0, recorded.exit(), recorded::text);
    Path result = folder.resolve("partial.json");
    Running replay =
        fleet(Map.of("FQT_SIM_DURATION", "2m"), run(folder + "/of-today.yaml", result));
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!replay.text().contains("left") && System.nanoTime() < deadline) {
      assertTrue(replay.process.isAlive(), replay::text);
      Thread.sleep(100);
    }
    broker.kill();
    assertEquals(1, replay.exit(), replay::text);
    JsonNode partial = json(result);
    assertTrue(
        partial
            .at("/partial")
            .asText()
            .matches("(no device has been connected|the MQTT broker) .*"),
        replay::text);
    assertEquals(42, partial.at("/devices/trace").asInt(), replay::text);
    assertTrue(partial.at("/reports/inKafka").asLong() > 42, replay::text);
    assertEquals(0, partial.at("/reports/lost").asLong(), replay::text);
    assertTrue(replay.text().contains("PARTIAL"), replay::text);
    Running gone = fleet(Map.of(), run(folder + "/of-today.yaml", result));
    assertEquals(1, gone.exit());
    assertTrue(gone.text().contains("there is no MQTT broker at 127.0.0.1:"), gone::text);
  }
}
