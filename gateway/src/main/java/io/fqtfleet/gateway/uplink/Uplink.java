package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.kafka.GroupOwnership;
import io.fqtfleet.gateway.kafka.KafkaClients;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.Backoff;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.OwnedLoop;
import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.Scrape;
import io.fqtfleet.schemas.Topics;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/** All sessions of this gateway; the group of {@code fqt.sessions.v1} says which it owns. */
public final class Uplink implements AutoCloseable {
  private record Session(UplinkSession duty, OwnedLoop loop) {}

  private final List<Session> sessions = new ArrayList<>();
  private final GroupOwnership ownership;
  private final UplinkRouter router;

  public Uplink(
      GatewayConfig config, MqttLink.Factory links, KafkaClients kafka, SharedProducer producers) {
    ownership =
        new GroupOwnership(
            "fqt-up-owner",
            Topics.SESSIONS,
            () -> kafka.member(config.uplink().group()),
            new Owner());
    router = new UplinkRouter(config.uplink().payloadBytesMax(), config.mqtt().identityProperty());
    int count = config.uplink().sessions();
    for (int n = 0; n < count; n++) {
      int session = n;
      UplinkSession duty =
          new UplinkSession(
              settings(config, session, count, config.uplink().window()),
              filters(session, count),
              links,
              producers,
              router,
              InstantSource.system());
      Backoff backoff =
          new Backoff(
              config.mqtt().retryMin(), config.mqtt().retryMax(), RandomGenerator.getDefault());
      sessions.add(
          new Session(
              duty,
              new OwnedLoop(
                  clientId(session, count), duty, backoff, () -> ownership.confirms(session))));
    }
  }

  /**
   * With it the broker finds the session again. The number of all sessions is in it, so that while
   * that number changes old and new ones stand side by side.
   */
  static String clientId(int session, int count) {
    return "fqt-gateway-up-" + session + "-of-" + count;
  }

  static MqttLink.Settings settings(GatewayConfig config, int session, int count, int window) {
    GatewayConfig.Mqtt mqtt = config.mqtt();
    return new MqttLink.Settings(
        mqtt.uri(),
        clientId(session, count),
        mqtt.login(),
        false,
        MqttLink.Settings.NEVER_EXPIRES,
        window,
        mqtt.keepAlive(),
        mqtt.timeout());
  }

  /** The shards of a session: every {@code count}-th one. */
  static List<String> filters(int session, int count) {
    return IntStream.range(0, Topics.SHARDS)
        .filter(shard -> shard % count == session)
        .mapToObj(Topics::upFilter)
        .toList();
  }

  public void start() {
    sessions.forEach(session -> session.loop.start());
    ownership.start();
  }

  /** One sentence per cause; empty when every session that is ours is served. */
  public List<String> notReady() {
    List<String> causes = new ArrayList<>();
    if (!ownership.joined()) {
      causes.add("uplink: waiting for the consumer group of " + Topics.SESSIONS);
    }
    for (Session session : sessions) {
      String trouble = session.loop.trouble();
      if (trouble != null) {
        causes.add(trouble);
      }
    }
    return causes;
  }

  /** Sessions that this gateway owns at this moment. */
  public List<Integer> owned() {
    return IntStream.range(0, sessions.size())
        .filter(n -> sessions.get(n).loop.owned())
        .boxed()
        .toList();
  }

  public List<UplinkCounters.Snapshot> snapshots() {
    return sessions.stream().map(session -> session.duty.counters().snapshot()).toList();
  }

  public UplinkCounters.Snapshot total() {
    return snapshots().stream()
        .reduce(UplinkCounters.Snapshot::plus)
        .orElseThrow(() -> new IllegalStateException("there is at least one session"));
  }

  public void writeMetrics(Scrape scrape) {
    router.properties().write(scrape);
    for (int n = 0; n < sessions.size(); n++) {
      Map<String, String> labels = Map.of("session", Integer.toString(n));
      OwnedLoop loop = sessions.get(n).loop;
      scrape.add(Metric.SESSION_OWNED, labels, loop.owned() ? 1 : 0);
      scrape.add(Metric.SESSION_SERVING, labels, loop.state() == OwnedLoop.State.SERVING ? 1 : 0);
      UplinkMetrics.write(scrape, labels, sessions.get(n).duty.counters().snapshot());
    }
  }

  @Override
  public void close() {
    ownership.close();
    sessions.forEach(session -> session.loop.close());
  }

  private final class Owner implements GroupOwnership.Owner {
    @Override
    public void own(int partition) {
      sessions.get(partition).loop.own();
    }

    @Override
    public void disown(List<Integer> partitions) {
      partitions.forEach(partition -> sessions.get(partition).loop.disown());
      partitions.forEach(partition -> sessions.get(partition).loop.awaitIdle());
    }

    @Override
    public void polled(Consumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> none) {
      // The topic is empty; only its partitions matter.
    }

    @Override
    public long committable(int partition) {
      return 0;
    }
  }
}
