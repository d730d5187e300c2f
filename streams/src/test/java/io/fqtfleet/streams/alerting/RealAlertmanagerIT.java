package io.fqtfleet.streams.alerting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.LoopbackPorts;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.KafkaProbe;
import io.fqtfleet.streams.ops.Meters;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The push against Debian's Alertmanager: an alert appears, groups by cohort, resolves. */
class RealAlertmanagerIT {
  private static final Path PROGRAM = Path.of("/usr/bin/prometheus-alertmanager");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path directory;

  private static JsonNode get(String url, String path) {
    try {
      HttpResponse<String> answer =
          HTTP.send(
              HttpRequest.newBuilder(URI.create(url + path)).build(),
              HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200 ? JSON.readTree(answer.body()) : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private Process start(int port) throws IOException {
    Path config = directory.resolve("alertmanager.yml");
    Files.writeString(
        config,
        """
        route: {receiver: nobody, group_by: [cohort], group_wait: 1s, group_interval: 1s}
        receivers: [{name: nobody}]
        """);
    return new ProcessBuilder(
            PROGRAM.toString(),
            "--config.file=" + config,
            "--storage.path=" + directory.resolve("data"),
            "--web.listen-address=127.0.0.1:" + port,
            "--cluster.listen-address=")
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("alertmanager.log").toFile())
        .start();
  }

  private static JsonNode find(String url, String id) {
    JsonNode alerts = get(url, "/api/v2/alerts");
    if (alerts != null) {
      for (JsonNode alert : alerts) {
        if (alert.at("/labels/alert_id").asText().equals(id)) {
          return alert;
        }
      }
    }
    return null;
  }

  private static boolean grouped(String url) {
    JsonNode groups = get(url, "/api/v2/alerts/groups");
    if (groups == null || groups.size() != 2) {
      return false;
    }
    for (JsonNode group : groups) {
      int wanted = group.at("/labels/cohort").asText().equals("line-1") ? 2 : 1;
      if (group.get("alerts").size() != wanted) {
        return false;
      }
    }
    return true;
  }

  @Test
  void anAlertAppearsGroupsByCohortAndResolves() throws Exception {
    if (!Files.isExecutable(PROGRAM)) {
      assertTrue(
          !"1".equals(System.getenv("REQUIRE_TOOLS")),
          PROGRAM + " is missing; apt-get install prometheus-alertmanager");
      assumeTrue(false, PROGRAM + " is missing; apt-get install prometheus-alertmanager");
    }
    int port = LoopbackPorts.free();
    String url = "http://127.0.0.1:" + port;
    Process process = start(port);
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"))) {
      kafka.start();
      AlertPushIT.createTopic(kafka, 1);
      AlertPushIT.await("Alertmanager", () -> get(url, "/api/v2/status") != null);
      try (KafkaProbe probe = new KafkaProbe(kafka.bootstrapServers());
          AlertPush push = AlertPushIT.push(kafka, url, 60_000, new Meters())) {
        long t0 = System.currentTimeMillis() - 3000;
        Alert one = SampleAlerts.firing("a1", "line-1", t0);
        AlertPushIT.send(probe, one);
        AlertPushIT.send(probe, SampleAlerts.firing("a2", "line-1", t0));
        AlertPushIT.send(probe, SampleAlerts.firing("b1", "line-2", t0));
        AlertPushIT.await("three alerts in two groups", () -> grouped(url));
        JsonNode shown = find(url, "a1");
        assertEquals("active", shown.at("/status/state").asText());
        assertEquals("DOMAIN_DRIFT", shown.at("/labels/alertname").asText());
        assertEquals(t0, Instant.parse(shown.get("startsAt").asText()).toEpochMilli());
        assertEquals(one.getSentence(), shown.at("/annotations/summary").asText());
        AlertPushIT.send(
            probe, SampleAlerts.resolved(one, AlertStatus.RESOLVED, System.currentTimeMillis()));
        // Alertmanager's list holds what fires; a resolved alert leaves it.
        AlertPushIT.await("the end", () -> find(url, "a1") == null);
        assertTrue(find(url, "a2") != null && find(url, "b1") != null, "the others fire on");
        assertTrue(push.problem().isEmpty(), push.problem().toString());
      }
    } finally {
      process.destroy();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }
}
