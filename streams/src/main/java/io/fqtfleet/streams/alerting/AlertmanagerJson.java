package io.fqtfleet.streams.alerting;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertScope;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * The body of POST /api/v2/alerts.
 *
 * <p>Alertmanager identifies an alert by its labels, so they never change during an incident; what
 * does change stands in the annotations. A device id is a label only of that device's own alerts.
 */
final class AlertmanagerJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private AlertmanagerJson() {}

  static byte[] of(List<AlertLedger.Due> alerts) {
    ArrayNode body = JSON.createArrayNode();
    for (AlertLedger.Due due : alerts) {
      Alert alert = due.alert();
      ObjectNode one = body.addObject();
      labels(one.putObject("labels"), alert);
      annotations(one.putObject("annotations"), alert);
      one.put("startsAt", time(alert.getRaisedAtMs()));
      one.put("endsAt", time(due.endsAtMs()));
    }
    try {
      return JSON.writeValueAsBytes(body);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException("a tree of text is JSON", e);
    }
  }

  private static void labels(ObjectNode labels, Alert alert) {
    put(labels, "alertname", alert.getKind().name());
    put(labels, "scope", alert.getScope().name().toLowerCase(Locale.ROOT));
    put(labels, "key", alert.getKey());
    put(labels, "cohort", alert.getCohort());
    put(labels, "severity", severity(alert));
    put(labels, "alert_id", alert.getId());
  }

  /** Of the kind and scope alone, so that it holds for the whole incident. */
  static String severity(Alert alert) {
    boolean alone = alert.getScope() == AlertScope.DEVICE;
    return switch (alert.getKind()) {
      case DOMAIN_DRIFT, SHARED_CAUSE, TELEMETRY_LOSS -> alone ? "warning" : "critical";
      case ENERGY -> "info";
      default -> "warning";
    };
  }

  private static void annotations(ObjectNode annotations, Alert alert) {
    put(annotations, "summary", alert.getSentence());
    put(annotations, "evidence", evidence(alert.getEvidence()));
    put(annotations, "action", alert.getAction());
    put(annotations, "onset", time(alert.getOnsetMs()));
    put(
        annotations,
        "affected",
        alert.getAffectedDevices() + " of " + alert.getCohortDevices() + " devices");
    put(annotations, "devices", String.join(", ", alert.getTopDevices()));
    AlertFeedback said = alert.getVerification();
    if (said != null) {
      put(
          annotations,
          "verdict",
          "%s says %s %s".formatted(said.getVerdict(), said.getAuthor(), said.getComment()));
    }
  }

  private static String evidence(AlertEvidence evidence) {
    return String.format(
        Locale.ROOT,
        "%s: e^%.1f against e^%.1f, at most %s false alarms per fleet-day%s",
        evidence.getStatistic(),
        evidence.getLogEvidence(),
        evidence.getLogThreshold(),
        evidence.getImpliedFalseAlarmsPerDay(),
        evidence.getBoundIsEmpirical() ? " (empirical)" : "");
  }

  /** An empty label is no label. */
  private static void put(ObjectNode node, String name, String value) {
    if (!value.isBlank()) {
      node.put(name, value.strip());
    }
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }
}
