package io.fqtfleet.gateway;

import io.fqtfleet.gateway.mqtt.BrokerLimits;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** A connection to nobody: the test plays the broker. Safe for many threads. */
public final class FakeLink implements MqttLink {
  /** Makes links and remembers them. */
  public static final class Maker implements MqttLink.Factory {
    public final List<FakeLink> made = new CopyOnWriteArrayList<>();
    public volatile String refusal;
    public volatile boolean sessionsLost;

    /** Null: none. */
    public volatile BrokerLimits limits;

    @Override
    public MqttLink open(Settings settings, Listener listener) {
      FakeLink link = new FakeLink(this, settings, listener);
      made.add(link);
      return link;
    }

    /** Waits for the n-th link to be subscribed or, for publishers, connected. */
    public FakeLink await(int n) throws InterruptedException {
      long deadline = System.nanoTime() + 10_000_000_000L;
      while (made.size() <= n || !made.get(n).connected) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("link " + n + " was never connected; made: " + made.size());
        }
        Thread.sleep(5);
      }
      return made.get(n);
    }
  }

  /** A publication and what the broker answers to it. */
  public record Published(
      String topic,
      byte[] payload,
      MessageProperties properties,
      CompletableFuture<Void> acknowledged) {}

  public final Settings settings;
  public final Listener listener;
  public final List<Integer> acks = new CopyOnWriteArrayList<>();
  public final List<String> subscribed = new CopyOnWriteArrayList<>();
  public final List<Published> published = new CopyOnWriteArrayList<>();
  public volatile boolean connected;
  public volatile boolean closed;
  public volatile boolean acksBreak;
  private final Maker maker;

  private FakeLink(Maker maker, Settings settings, Listener listener) {
    this.maker = maker;
    this.settings = settings;
    this.listener = listener;
  }

  /** Delivers QoS 1 messages with the ids 1, 2, ... of this list. */
  public void deliver(String topic, List<byte[]> payloads, int firstId) {
    for (int i = 0; i < payloads.size(); i++) {
      listener.message(new Inbound(firstId + i, 1, topic, payloads.get(i), MessageProperties.NONE));
    }
  }

  @Override
  public Welcome connect() throws MqttLinkException {
    if (maker.refusal != null) {
      throw new MqttLinkException(maker.refusal);
    }
    connected = settings.cleanStart();
    BrokerLimits said = maker.limits;
    return new Welcome(
        maker.made.size() > 1 && !maker.sessionsLost,
        said == null ? BrokerLimits.none(settings.sessionExpirySeconds()) : said);
  }

  @Override
  public void subscribe(List<String> filters) {
    subscribed.addAll(filters);
    connected = true;
  }

  @Override
  public void ack(int id) throws MqttLinkException {
    if (closed || acksBreak) {
      throw new MqttLinkException("cannot acknowledge " + id);
    }
    acks.add(id);
  }

  @Override
  public CompletableFuture<Void> publish(String topic, byte[] payload) {
    return publishRetained(topic, payload, MessageProperties.NONE);
  }

  @Override
  public CompletableFuture<Void> publishRetained(
      String topic, byte[] payload, MessageProperties properties) {
    CompletableFuture<Void> acknowledged = new CompletableFuture<>();
    published.add(new Published(topic, payload, properties, acknowledged));
    return acknowledged;
  }

  @Override
  public void close() {
    closed = true;
  }

  /** Acknowledgements up to now. */
  public List<Integer> acked() {
    return new ArrayList<>(acks);
  }
}
