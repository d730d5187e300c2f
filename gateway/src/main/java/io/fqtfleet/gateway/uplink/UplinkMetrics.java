package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.Scrape;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The counters of a session in Prometheus' words. */
final class UplinkMetrics {
  private UplinkMetrics() {}

  static void write(Scrape scrape, Map<String, String> session, UplinkCounters.Snapshot s) {
    scrape.add(Metric.RECEIVED, session, s.received());
    s.forwardedByKind()
        .forEach(
            (kind, count) ->
                scrape.add(
                    Metric.FORWARDED,
                    and(session, "kind", kind.name().toLowerCase(Locale.ROOT)),
                    count));
    s.deadLetteredByReason()
        .forEach(
            (reason, count) ->
                scrape.add(Metric.DEAD_LETTERED, and(session, "reason", reason), count));
    scrape.add(Metric.RETURNED, session, s.returned());
    scrape.add(Metric.IN_FLIGHT, session, s.inFlight());
    scrape.add(Metric.CONNECTS, session, s.connects());
    scrape.add(Metric.SESSIONS_CREATED, session, s.sessionsCreated());
    scrape.add(Metric.TAKEN_OVER, session, s.takenOver());
    scrape.add(
        Metric.CONFIRM,
        session,
        new Scrape.Histogram(
            UplinkCounters.Snapshot.latencyBoundsMs(), s.latencyCounts(), s.latencySumMs()));
  }

  private static Map<String, String> and(Map<String, String> labels, String name, String value) {
    Map<String, String> all = new HashMap<>(labels);
    all.put(name, value);
    return all;
  }
}
