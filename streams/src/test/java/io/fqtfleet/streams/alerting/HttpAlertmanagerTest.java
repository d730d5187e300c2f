package io.fqtfleet.streams.alerting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What goes over the wire, and what each answer means. */
class HttpAlertmanagerTest {
  private static final long T0 = 1_700_000_000_000L;

  private static Map<String, String> map(JsonNode node) {
    Map<String, String> map = new TreeMap<>();
    node.properties().forEach(f -> map.put(f.getKey(), f.getValue().asText()));
    return map;
  }

  @Test
  void labelsIdentifyAndAnnotationsTell() throws Exception {
    Alert alert =
        Alert.newBuilder(SampleAlerts.firing("a1", "line-1", T0))
            .setVerification(
                AlertFeedback.newBuilder()
                    .setAlertId("a1")
                    .setVerdict(Verdict.TRUE_POSITIVE)
                    .setAuthor("kim")
                    .setComment("seen")
                    .setGivenAtMs(T0)
                    .build())
            .build();
    try (FakeAlertmanager fake = new FakeAlertmanager(0)) {
      HttpAlertmanager http = new HttpAlertmanager(fake.url() + "/", Duration.ofSeconds(5));
      http.post(List.of(new AlertLedger.Due(alert, T0 + 60_000)));
      FakeAlertmanager.Posted posted = fake.posted().get(0);
      assertEquals(
          Map.of(
              "alertname", "DOMAIN_DRIFT",
              "scope", "cohort",
              "key", "line-1",
              "cohort", "line-1",
              "severity", "critical",
              "alert_id", "a1"),
          posted.labels());
      assertEquals("2023-11-14T22:13:20Z", posted.body().get("startsAt").asText());
      assertEquals("2023-11-14T22:14:20Z", posted.body().get("endsAt").asText());
      Map<String, String> said = map(posted.body().get("annotations"));
      assertEquals("The world of cohort line-1 changed.", said.get("summary"));
      assertEquals(
          "esr/pooled-error: e^25.0 against e^18.9, at most 1.0 false alarms per fleet-day"
              + " (empirical)",
          said.get("evidence"));
      assertEquals("dev-1, dev-2", said.get("devices"));
      assertEquals("2 of 10 devices", said.get("affected"));
      assertEquals("TRUE_POSITIVE says kim seen", said.get("verdict"));
      assertFalse(posted.labels().containsValue("dev-1"), "no device is a cohort's label");
    }
  }

  @Test
  void severityFollowsFromKindAndScope() {
    Alert cohort = SampleAlerts.firing("a1", "line-1", T0);
    Alert device =
        Alert.newBuilder(cohort)
            .setScope(AlertScope.DEVICE)
            .setKind(AlertKind.DEVICE_FAULT)
            .setKey("dev-1")
            .build();
    assertEquals("critical", AlertmanagerJson.severity(cohort));
    assertEquals("warning", AlertmanagerJson.severity(device));
    Alert energy = Alert.newBuilder(device).setKind(AlertKind.ENERGY).build();
    assertEquals("info", AlertmanagerJson.severity(energy));
  }

  @Test
  void aRefusalIsToldFromAnOutage() throws IOException {
    List<AlertLedger.Due> due =
        List.of(new AlertLedger.Due(SampleAlerts.firing("a1", "line-1", T0), T0));
    String url;
    try (FakeAlertmanager fake = new FakeAlertmanager(0)) {
      url = fake.url();
      HttpAlertmanager http = new HttpAlertmanager(url, Duration.ofSeconds(5));
      fake.answerWith(400);
      String refused =
          assertThrows(Alertmanager.RefusedException.class, () -> http.post(due)).getMessage();
      assertTrue(refused.contains("answered 400: \"cause 400\""), refused);
      for (int status : new int[] {404, 429, 500, 503}) {
        fake.answerWith(status);
        String failed = assertThrows(IOException.class, () -> http.post(due)).getMessage();
        assertTrue(failed.contains("/api/v2/alerts answered " + status), failed);
      }
    }
    HttpAlertmanager gone = new HttpAlertmanager(url, Duration.ofSeconds(5));
    String failed = assertThrows(IOException.class, () -> gone.post(due)).getMessage();
    assertTrue(failed.contains("does not answer"), failed);
  }

  @Test
  void waitsGrowToALimitAndAreSpread() {
    long seed = 4;
    Backoff backoff = new Backoff(new Random(seed));
    long most = Backoff.FIRST_MS;
    for (int i = 0; i < 40; i++) {
      long wait = backoff.nextMs();
      assertTrue(wait >= most / 2 && wait <= most, "seed " + seed + ", wait " + i + ": " + wait);
      most = Math.min(Backoff.MOST_MS, most * 2);
    }
    backoff.succeeded();
    assertTrue(backoff.nextMs() <= Backoff.FIRST_MS);
  }
}
