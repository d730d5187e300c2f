package io.fqtfleet.programs.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.Gateway;
import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.LoopbackPorts;
import io.fqtfleet.programs.FleetCli;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands that look after a deployment, on a real one. */
class OperationsIT {
  private static final Duration READY = Duration.ofSeconds(90);

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();

  private int run(Object command, String... arguments) {
    out.getBuffer().setLength(0);
    PrintWriter writer = new PrintWriter(out, true);
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(writer)
        .setErr(writer)
        .execute(arguments);
  }

  private void assertSaid(String words) {
    assertTrue(out.toString().contains(words), "'" + words + "' is not in:\n" + out);
  }

  @Test
  void topicsAreMadeAndADeploymentIsLookedAt() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"));
        LocalMqttBroker broker = new LocalMqttBroker(directory.resolve("mqtt"))) {
      kafka.start();
      broker.start();
      String servers = kafka.bootstrapServers();
      topics(servers);
      doctor(servers, broker);
    }
  }

  private void topics(String servers) {
    assertEquals(1, run(new TopicsCommand(), "diff", "--kafka", servers, "--partitions", "4"));
    assertSaid("fqt.reports.v1 is missing");
    assertEquals(
        1,
        run(new TopicsCommand(), "diff", "--kafka", servers, "--output", "json"),
        out.toString());
    assertSaid("{\"topic\":\"fqt.reports.v1\",\"setting\":\"\",\"wanted\":\"\"");
    assertEquals(0, run(new TopicsCommand(), "apply", "--kafka", servers, "--partitions", "4"));
    assertSaid("fqt.reports.v1: created, 4 partitions");
    assertEquals(0, run(new TopicsCommand(), "diff", "--kafka", servers), out.toString());
    try (KafkaView view = new KafkaView(servers)) {
      view.set(Topics.BUDGETS, "cleanup.policy", "delete");
    }
    assertEquals(1, run(new TopicsCommand(), "diff", "--kafka", servers));
    assertSaid("fqt.budgets.v1: cleanup.policy is delete, should be compact");
    assertEquals(0, run(new TopicsCommand(), "apply", "--kafka", servers));
    assertSaid("fqt.budgets.v1: cleanup.policy set to compact");
    assertEquals(1, run(new TopicsCommand(), "apply", "--kafka", servers, "--partitions", "8"));
    assertSaid("has 4 partitions, should have 8");
  }

  private void doctor(String servers, LocalMqttBroker broker) throws Exception {
    String nowhere = "127.0.0.1:" + LoopbackPorts.free();
    assertEquals(
        1,
        run(new DoctorCommand(), "--kafka", servers, "--gateway", nowhere, "--streams", nowhere));
    assertSaid("FAIL  gateway: nothing answers at " + nowhere + "; start it, or correct --gateway");
    try (Gateway gateway = new Gateway(GatewayConfig.of(broker.uri(), servers, "00".repeat(32)));
        StreamsService streams =
            new StreamsService(StreamsSettings.of(servers, directory.resolve("state"), 10))) {
      gateway.start();
      streams.start();
      assertTrue(gateway.awaitReady(READY), "the gateway is not ready");
      assertTrue(streams.awaitReady(READY), "streams is not ready");
      int code =
          run(
              new DoctorCommand(),
              "--kafka",
              servers,
              "--gateway",
              "127.0.0.1:" + gateway.opsPort(),
              "--streams",
              "127.0.0.1:" + streams.opsPort(),
              "--mqtt",
              "127.0.0.1:" + broker.port());
      assertEquals(0, code, out.toString());
      assertSaid("ok    loop-back: a report was in Kafka after");
      assertSaid("ok    replicas: all in sync");
      assertSaid("ok    version: gateway ");
      assertSaid("ok    version: streams ");
      assertSaid("1 broker at " + servers + ", metadata.version ");
      // Artemis has no $SYS.
      assertSaid("note  queue limits: the MQTT broker does not tell");
      assertSaid("all that was checked is well");
      reading(servers);
    }
  }

  private void reading(String servers) {
    assertEquals(
        0,
        run(new FleetCli(), "read", "reports", "--last", "1", "--kafka", servers),
        out.toString());
    assertSaid("{\"topic\":\"fqt.reports.v1\",\"partition\":");
    assertSaid("\"key\":\"fqt-doctor\"");
    assertSaid("\"value\":{\"device\":\"fqt-doctor\"");
    assertEquals(1, out.toString().lines().count(), out.toString());
    assertEquals(0, run(new FleetCli(), "read", "reports", "--key", "x", "--kafka", servers));
    assertEquals("", out.toString());
  }
}
