package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.Backoff;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.OwnedLoop;
import io.fqtfleet.schemas.Topics;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Carries the shards from a number of MQTT sessions to another one, while devices go on publishing
 * and no gateway runs.
 *
 * <pre>
 *   1  old sessions are read into Kafka until a mark comes out of every shard's queue
 *   2  new sessions subscribe; from now on every message is in an old and in a new queue
 *   3  a second mark comes out of the old queues: all from before 2 is in Kafka
 *   4  old sessions are closed, and deleted by {@link #forget}
 * </pre>
 *
 * <p>Nothing is lost: a message is in an old queue, which is emptied before the new one is read, or
 * in a new one, or in both. What came between 2 and 4 reaches Kafka twice; first occurrences keep
 * their order. The old subscriptions stand until the end, because a broker may drop what it has
 * queued when they go (MQTT 5, section 3.10.4).
 */
public final class SessionMove {
  private static final long POLL_MS = 20;
  private static final int ATTEMPTS_MAX = 10;

  /** Without one message or mark for this long it is given up. */
  private static final long STALLED_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final GatewayConfig config;
  private final MqttLink.Factory links;
  private final SharedProducer producers;
  private final int from;
  private final int to;
  private final Consumer<String> says;
  private final DrainMarks marks;
  private final List<UplinkSession> old = new ArrayList<>();
  private final List<MqttLink> fresh = new ArrayList<>();
  private volatile String broken;

  /**
   * @param says takes a line of progress
   */
  public SessionMove(
      GatewayConfig config,
      MqttLink.Factory links,
      SharedProducer producers,
      int from,
      int to,
      Consumer<String> says) {
    this.config = config;
    this.links = links;
    this.producers = producers;
    this.from = from;
    this.to = to;
    this.says = says;
    this.marks = new DrainMarks(HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
    UplinkRouter router =
        new UplinkRouter(config.uplink().payloadBytesMax(), config.mqtt().identityProperty());
    for (int n = 0; n < from; n++) {
      old.add(
          new UplinkSession(
              Uplink.settings(config, n, from, roomForMarks()),
              Uplink.filters(n, from),
              marks.watching(links),
              producers,
              router,
              InstantSource.system()));
    }
  }

  private int roomForMarks() {
    return Math.min(65_535, config.uplink().window() + ATTEMPTS_MAX * Topics.SHARDS);
  }

  /**
   * Returns when all from before the new subscriptions is in Kafka.
   *
   * @throws MqttLinkException if a connection broke or nothing moved; run it again
   */
  public UplinkCounters.Snapshot run() throws MqttLinkException, InterruptedException {
    try {
      for (int n = 0; n < to; n++) {
        MqttLink link = links.open(Uplink.settings(config, n, to, 1), new Deaf());
        fresh.add(link);
        link.connect();
      }
      says.accept("emptying %d old sessions into Kafka".formatted(from));
      boolean subscribed = false;
      for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        UplinkCounters.Snapshot before = total();
        boolean whole = empty();
        UplinkCounters.Snapshot after = total();
        // A mark that came before a message was handed back proves nothing about that message.
        whole &= after.returned() == before.returned();
        whole &= after.connects() == before.connects() + from;
        if (whole && subscribed) {
          return after;
        }
        if (whole) {
          says.accept("the old sessions are empty; %d new ones subscribe".formatted(to));
          for (int n = 0; n < to; n++) {
            fresh.get(n).subscribe(Uplink.filters(n, to));
          }
          subscribed = true;
        } else {
          says.accept("a connection broke or Kafka refused a record; emptying once more");
        }
      }
      throw new MqttLinkException(
          "%d attempts to empty the old sessions were disturbed; look at the brokers, run it again"
              .formatted(ATTEMPTS_MAX));
    } finally {
      fresh.forEach(MqttLink::close);
      fresh.clear();
    }
  }

  /** Deletes the old sessions, and with them what their subscriptions got meanwhile. */
  public void forget() throws MqttLinkException {
    for (int n = 0; n < from; n++) {
      MqttLink.Settings kept = Uplink.settings(config, n, from, 1);
      MqttLink.Settings ending =
          new MqttLink.Settings(
              kept.uri(),
              kept.clientId(),
              kept.login(),
              true,
              0,
              1,
              kept.keepAlive(),
              kept.timeout());
      try (MqttLink link = links.open(ending, new Deaf())) {
        link.connect();
      }
    }
  }

  /** One pass: read until every shard's mark came out, then close in good order. */
  private boolean empty() throws MqttLinkException, InterruptedException {
    List<OwnedLoop> loops = new ArrayList<>();
    for (int n = 0; n < from; n++) {
      Backoff backoff =
          new Backoff(
              config.mqtt().retryMin(), config.mqtt().retryMax(), RandomGenerator.getDefault());
      String id = Uplink.clientId(n, from);
      OwnedLoop loop = new OwnedLoop(id, old.get(n), backoff, () -> takenOver(id));
      loops.add(loop);
      loop.start();
      loop.own();
    }
    try {
      publishMarks(marks.next());
      awaitMarks(loops);
    } finally {
      loops.forEach(OwnedLoop::disown);
      loops.forEach(OwnedLoop::close);
    }
    return marks.missing() == 0;
  }

  private boolean takenOver(String id) {
    broken = "another client connected as " + id + ": is a gateway or a second drain running?";
    return false;
  }

  private void publishMarks(byte[] payload) throws MqttLinkException, InterruptedException {
    for (int shard = 0; shard < Topics.SHARDS; shard++) {
      // By the session that will own the shard: what a client publishes doesn't come back to it.
      MqttLink publisher = fresh.get(shard % to);
      try {
        publisher
            .publish(Topics.drainMark(shard), payload)
            .get(config.mqtt().timeout().toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new MqttLinkException(
            "the broker did not take the mark %s: %s. May this login write it? See the shipped"
                    .formatted(Topics.drainMark(shard), e)
                + " access list",
            e);
      }
    }
  }

  private void awaitMarks(List<OwnedLoop> loops) throws MqttLinkException, InterruptedException {
    long seen = -1;
    long movedAt = System.nanoTime();
    long saidAt = movedAt;
    while (marks.missing() > 0) {
      long now = System.nanoTime();
      UplinkCounters.Snapshot total = total();
      long progress = total.received() + Topics.SHARDS - marks.missing();
      if (progress != seen) {
        seen = progress;
        movedAt = now;
      }
      if (broken != null || now - movedAt > STALLED_NANOS) {
        throw new MqttLinkException(
            broken != null ? broken : "nothing came for 60 s; " + troubles(loops));
      }
      if (now - saidAt > PROGRESS_NANOS) {
        saidAt = now;
        says.accept(
            "%d messages in Kafka, %d of %d shards still hold some %s"
                .formatted(
                    total.forwarded() + total.deadLettered(),
                    marks.missing(),
                    Topics.SHARDS,
                    troubles(loops)));
      }
      Thread.sleep(POLL_MS);
    }
  }

  private static List<String> troubles(List<OwnedLoop> loops) {
    return loops.stream().map(OwnedLoop::trouble).filter(t -> t != null).toList();
  }

  private UplinkCounters.Snapshot total() {
    return old.stream()
        .map(session -> session.counters().snapshot())
        .reduce(UplinkCounters.Snapshot::plus)
        .orElseThrow(() -> new IllegalStateException("there is at least one session"));
  }

  /** Takes nothing: what comes stays unacknowledged and is delivered again, to a gateway. */
  private final class Deaf implements MqttLink.Listener {
    @Override
    public void message(MqttLink.Inbound message) {
      // Left to the gateway that will own the session.
    }

    @Override
    public void lost(int reasonCode, String words) {
      broken = "the connection of a new session was lost: " + words;
    }
  }
}
