package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.TestPublisher.Message;
import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.gateway.ops.MetricReference;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A gateway whose surroundings are not ready, and what it says about itself over HTTP. */
class GatewayStartIT extends BrokersFixture {
  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }

  private static HttpResponse<String> get(Gateway gateway, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + gateway.opsPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static void awaitCause(Gateway gateway, String part) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    HttpResponse<String> ready = get(gateway, "/readyz");
    while (!ready.body().contains(part)) {
      assertTrue(System.nanoTime() < deadline, "expected '" + part + "' in: " + ready.body());
      Thread.sleep(50);
      ready = get(gateway, "/readyz");
    }
    assertEquals(503, ready.statusCode());
  }

  @Test
  void itWaitsForBothBrokersAndSaysForWhich() throws Exception {
    kafka.stop();
    broker.stop();
    try (Gateway gateway = new Gateway(config(Duration.ofSeconds(30)))) {
      gateway.start();
      awaitCause(gateway, "waiting for Kafka at " + kafka.bootstrapServers());
      assertEquals(200, get(gateway, "/healthz").statusCode());
      kafka.start();
      awaitCause(gateway, "cannot connect to " + broker.uri());
      broker.start();
      assertTrue(gateway.awaitReady(Duration.ofSeconds(60)), () -> gateway.notReady().toString());
      assertEquals(200, get(gateway, "/readyz").statusCode());
    }
  }

  @Test
  void anotherNumberOfSessionsIsRefusedWithTheRemedy() throws Exception {
    gateway().close();
    GatewayConfig c = config(Duration.ofSeconds(30));
    GatewayConfig.Uplink more = new GatewayConfig.Uplink(8, null, null, null, null);
    try (Gateway gateway =
        new Gateway(new GatewayConfig(c.mqtt(), c.kafka(), more, null, c.keys(), c.ops()))) {
      gateway.start();
      assertFalse(gateway.awaitReady(Duration.ofSeconds(30)));
      String said = gateway.failure().orElseThrow().getMessage();
      assertTrue(said.contains("uplink.sessions is 8"), said);
      assertTrue(said.contains("Set uplink.sessions to 4"), said);
      assertEquals(503, get(gateway, "/healthz").statusCode());
      gateway.awaitEnd();
    }
  }

  @Test
  void metricsShowThatEveryMessageIsAccountedFor() throws Exception {
    Gateway gateway = gateway();
    try (TestPublisher publisher = new TestPublisher(broker.uri())) {
      String topic = Topics.up("m", Uplink.REPORT);
      publisher.publish(new Message(topic, Messages.report("m", 1)));
      publisher.publish(new Message(topic, new byte[] {1}));
    }
    int session = Topics.shard("m") % SESSIONS;
    String labels = "{session=\"" + session + "\"}";
    String metrics = "";
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!metrics.contains("fqt_gateway_confirm_seconds_count" + labels + " 2\n")) {
      assertTrue(System.nanoTime() < deadline, metrics);
      Thread.sleep(50);
      metrics = get(gateway, "/metrics").body();
    }
    assertLine(metrics, "fqt_gateway_ready 1.0");
    assertLine(metrics, "fqt_gateway_received_total" + labels + " 2.0");
    assertLine(
        metrics, "fqt_gateway_forwarded_total{kind=\"report\",session=\"" + session + "\"} 1.0");
    assertLine(
        metrics,
        "fqt_gateway_dead_lettered_total{reason=\"NOT_SINGLE_OBJECT\",session=\""
            + session
            + "\"} 1.0");
    assertLine(metrics, "fqt_gateway_in_flight" + labels + " 0.0");
    assertLine(metrics, "fqt_gateway_returned_total" + labels + " 0.0");
    assertLine(metrics, "# TYPE fqt_gateway_confirm_seconds histogram");
    String reference = MetricReference.table();
    metrics
        .lines()
        .filter(line -> line.startsWith("# TYPE ") && !line.contains("_gc_pause_seconds_max"))
        .forEach(
            line ->
                assertTrue(
                    reference.contains(
                        "| `%s` | %s |".formatted((Object[]) line.substring(7).split(" "))),
                    "the reference does not know " + line));
    for (String borrowed :
        List.of(
            "jvm_memory_used_bytes{area=\"heap\"",
            "jvm_threads_live_threads ",
            "process_cpu_usage ",
            "process_files_open_files ",
            "process_uptime_seconds ",
            "kafka_producer_record_send_total{",
            "kafka_producer_record_error_total{",
            "kafka_producer_request_latency_avg{",
            "kafka_consumer_fetch_manager_records_consumed_total{",
            "kafka_consumer_fetch_manager_records_lag_max{",
            "kafka_consumer_coordinator_rebalance_total{")) {
      String told = metrics;
      assertTrue(
          told.lines().anyMatch(line -> line.startsWith(borrowed)),
          () -> "nothing begins with " + borrowed + " in:\n" + told);
    }
    assertEquals(1, metrics.split("# TYPE fqt_gateway_received_total counter", -1).length - 1);
  }

  private static void assertLine(String metrics, String line) {
    assertTrue(metrics.lines().anyMatch(line::equals), () -> line + " not in:\n" + metrics);
  }

  @Test
  void aBusyPortOfTheHttpEndpointIsNamedWithTheRemedy() throws Exception {
    Gateway first = gateway();
    GatewayConfig c = config(Duration.ofSeconds(30));
    GatewayConfig same =
        new GatewayConfig(
            c.mqtt(),
            c.kafka(),
            c.uplink(),
            null,
            c.keys(),
            new GatewayConfig.Ops(null, first.opsPort()));
    var refused = assertThrows(IllegalStateException.class, () -> new Gateway(same));
    assertTrue(refused.getMessage().contains(":" + first.opsPort()), refused.getMessage());
    assertTrue(refused.getMessage().contains("ops.port"), refused.getMessage());
  }

  private record Check(Preflight.Verdict verdict, String said) {}

  private static Check check(GatewayConfig config) throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Preflight.Verdict verdict = new Preflight(config, PahoMqttLink::new, out).run();
    return new Check(verdict, bytes.toString(StandardCharsets.UTF_8));
  }

  @Test
  void theCheckTellsWhatAStartWouldFindAndChangesNothing() throws Exception {
    GatewayConfig config = config(Duration.ofSeconds(30));
    Check fresh = check(config);
    assertEquals(Preflight.Verdict.FINE, fresh.verdict(), fresh.said());
    assertTrue(fresh.said().contains("will create: [fqt.acks.v1"), fresh.said());
    assertTrue(fresh.said().contains("session expiry never"), fresh.said());
    assertEquals(fresh.said(), check(config).said(), "the first check left something behind");

    gateway().close();
    GatewayConfig.Uplink more = new GatewayConfig.Uplink(8, null, null, null, null);
    Check mismatch =
        check(
            new GatewayConfig(
                config.mqtt(), config.kafka(), more, null, config.keys(), config.ops()));
    assertEquals(Preflight.Verdict.WRONG, mismatch.verdict(), mismatch.said());
    assertTrue(mismatch.said().contains("FAIL  kafka"), mismatch.said());
    assertTrue(mismatch.said().contains("uplink.sessions is 8"), mismatch.said());

    broker.stop();
    Check away = check(config);
    assertEquals(Preflight.Verdict.UNREACHABLE, away.verdict(), away.said());
    assertTrue(away.said().contains("away  mqtt " + broker.uri()), away.said());
    assertTrue(away.said().contains("ok    kafka"), away.said());
  }
}
