package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.ops.MetricsText;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The counters of a session in Prometheus' words. */
final class UplinkMetrics {
  private UplinkMetrics() {}

  static void write(MetricsText text, Map<String, String> session, UplinkCounters.Snapshot s) {
    text.counter("fqt_gateway_received_total", "Messages from the broker", session, s.received());
    s.forwardedByKind()
        .forEach(
            (kind, count) ->
                text.counter(
                    "fqt_gateway_forwarded_total",
                    "Messages that Kafka confirmed and MQTT got acknowledged",
                    and(session, "kind", kind.name().toLowerCase(Locale.ROOT)),
                    count));
    s.deadLetteredByReason()
        .forEach(
            (reason, count) ->
                text.counter(
                    "fqt_gateway_dead_lettered_total",
                    "Messages put into the dead letters, by reason",
                    and(session, "reason", reason),
                    count));
    text.counter(
        "fqt_gateway_returned_total",
        "Messages handed back to the broker when a connection ended; it delivers them again",
        session,
        s.returned());
    text.gauge(
        "fqt_gateway_in_flight",
        "Messages received and not yet acknowledged; received = forwarded + dead-lettered +"
            + " returned + in flight",
        session,
        s.inFlight());
    text.counter("fqt_gateway_connects_total", "Connections made", session, s.connects());
    text.counter(
        "fqt_gateway_sessions_created_total",
        "Connections that found no session at the broker; more than one means messages were lost",
        session,
        s.sessionsCreated());
    text.counter(
        "fqt_gateway_taken_over_total",
        "Connections that another client of the same id took over",
        session,
        s.takenOver());
    text.histogram(
        "fqt_gateway_confirm_seconds",
        "From receipt to the acknowledgement after Kafka confirmed",
        session,
        new MetricsText.Histogram(
            UplinkCounters.Snapshot.latencyBoundsMs(), s.latencyCounts(), s.latencySumMs()));
  }

  private static Map<String, String> and(Map<String, String> labels, String name, String value) {
    Map<String, String> all = new HashMap<>(labels);
    all.put(name, value);
    return all;
  }
}
