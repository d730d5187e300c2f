package io.fqtfleet.programs;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.Topics;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The operators' side of alerts: reads their states, says what one thinks of them. */
final class AlertTopics {
  private final FleetTopic<Alert> alerts;
  private final FleetTopic<AlertFeedback> feedback;

  AlertTopics(String bootstrapServers) {
    alerts = new FleetTopic<>(bootstrapServers, Topics.ALERTS, Alert.class);
    feedback = new FleetTopic<>(bootstrapServers, Topics.FEEDBACK, AlertFeedback.class);
  }

  /** The last state of every alert, the one that was raised first first. */
  List<Alert> current() {
    Map<String, Alert> last = new LinkedHashMap<>();
    alerts.read((id, alert) -> keep(last, id, alert));
    return raisedFirst(last.values());
  }

  /** Shows the last state of every alert, then each new state until the thread is interrupted. */
  void follow(Consumer<Alert> show) {
    Map<String, Alert> last = new LinkedHashMap<>();
    AtomicBoolean caughtUp = new AtomicBoolean();
    alerts.follow(
        (id, alert) -> {
          if (!caughtUp.get()) {
            keep(last, id, alert);
          } else if (alert != null) {
            show.accept(alert);
          }
        },
        () -> {
          raisedFirst(last.values()).forEach(show);
          last.clear();
          caughtUp.set(true);
        });
  }

  private static void keep(Map<String, Alert> last, String id, Alert alert) {
    if (alert == null) {
      last.remove(id);
    } else {
      last.put(id, alert);
    }
  }

  private static List<Alert> raisedFirst(Collection<Alert> alerts) {
    return alerts.stream()
        .sorted(Comparator.comparingLong(Alert::getRaisedAtMs).thenComparing(Alert::getId))
        .toList();
  }

  /** The last state of one alert. */
  Alert find(String id) {
    return current().stream()
        .filter(alert -> alert.getId().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is no alert '%s'; 'alerts' lists all with their ids".formatted(id)));
  }

  /** Returns when Kafka has the verdict on all its replicas. */
  void publish(AlertFeedback verdict, Alert on) {
    // This machine's clock may be behind; a verdict never comes before what it is about.
    long atMs = Math.max(verdict.getGivenAtMs(), on.getUpdatedAtMs());
    feedback.publish(verdict.getAlertId(), verdict, atMs);
  }
}
