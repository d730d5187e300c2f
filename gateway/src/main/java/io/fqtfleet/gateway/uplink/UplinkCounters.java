package io.fqtfleet.gateway.uplink;

import io.fqtfleet.schemas.Topics.Uplink;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What became of each message of one session. At every moment
 *
 * <pre>received = forwarded + deadLettered + returned + inFlight</pre>
 *
 * where returned are messages handed back to the broker unacknowledged when a connection ended; the
 * broker delivers them again and they count as received again. While no connection ends, received =
 * forwarded + deadLettered + inFlight.
 */
public final class UplinkCounters {
  /** Upper bounds of the latency buckets, ms; one more is open. */
  private static final double[] BOUNDS_MS = {
    1, 2, 5, 10, 15, 20, 50, 100, 250, 500, 1_000, 5_000, 30_000
  };

  private final Map<Uplink, Long> forwarded = new EnumMap<>(Uplink.class);
  private final Map<String, Long> deadLettered = new TreeMap<>();
  private final long[] latencyCounts = new long[BOUNDS_MS.length + 1];
  private double latencySumMs;
  private long received;
  private long returned;
  private long inFlight;
  private long connects;
  private long sessionsCreated;
  private long takenOver;

  /** A consistent copy. {@code latencyCounts} are not cumulative; the last bucket is open. */
  public record Snapshot(
      long received,
      Map<Uplink, Long> forwardedByKind,
      Map<String, Long> deadLetteredByReason,
      long returned,
      long inFlight,
      long connects,
      long sessionsCreated,
      long takenOver,
      long[] latencyCounts,
      double latencySumMs) {
    public long forwarded() {
      return sum(forwardedByKind);
    }

    public long deadLettered() {
      return sum(deadLetteredByReason);
    }

    /** True if every message is accounted for. */
    public boolean balanced() {
      return received == forwarded() + deadLettered() + returned + inFlight;
    }

    static double[] latencyBoundsMs() {
      return BOUNDS_MS.clone();
    }

    public Snapshot plus(Snapshot other) {
      long[] latencies = latencyCounts.clone();
      for (int i = 0; i < latencies.length; i++) {
        latencies[i] += other.latencyCounts[i];
      }
      return new Snapshot(
          received + other.received,
          merged(forwardedByKind, other.forwardedByKind),
          merged(deadLetteredByReason, other.deadLetteredByReason),
          returned + other.returned,
          inFlight + other.inFlight,
          connects + other.connects,
          sessionsCreated + other.sessionsCreated,
          takenOver + other.takenOver,
          latencies,
          latencySumMs + other.latencySumMs);
    }

    private static long sum(Map<?, Long> counts) {
      return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    private static <K> Map<K, Long> merged(Map<K, Long> a, Map<K, Long> b) {
      Map<K, Long> all = new TreeMap<>(a);
      b.forEach((key, count) -> all.merge(key, count, Long::sum));
      return all;
    }
  }

  synchronized void received() {
    received++;
    inFlight++;
  }

  synchronized void forwarded(Uplink kind, long latencyNanos) {
    forwarded.merge(kind, 1L, Long::sum);
    settled(latencyNanos);
  }

  synchronized void deadLettered(String reason, long latencyNanos) {
    deadLettered.merge(reason, 1L, Long::sum);
    settled(latencyNanos);
  }

  private void settled(long latencyNanos) {
    inFlight--;
    double ms = latencyNanos / 1e6;
    latencySumMs += ms;
    int bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > BOUNDS_MS[bucket]) {
      bucket++;
    }
    latencyCounts[bucket]++;
  }

  synchronized void returned(int count) {
    returned += count;
    inFlight -= count;
  }

  synchronized void connected(boolean sessionPresent) {
    connects++;
    if (!sessionPresent) {
      sessionsCreated++;
    }
  }

  synchronized void takenOver() {
    takenOver++;
  }

  public synchronized Snapshot snapshot() {
    return new Snapshot(
        received,
        new TreeMap<>(forwarded),
        new TreeMap<>(deadLettered),
        returned,
        inFlight,
        connects,
        sessionsCreated,
        takenOver,
        latencyCounts.clone(),
        latencySumMs);
  }
}
