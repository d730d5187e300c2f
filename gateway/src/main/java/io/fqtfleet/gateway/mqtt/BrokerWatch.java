package io.fqtfleet.gateway.mqtt;

import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.Scrape;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to what the broker tells of messages that it dropped for its own limits: Mosquitto does
 * so in {@value #DROPPED}. Such a message is lost, and nobody else says so. A broker that tells
 * nothing is nothing to worry about; the gateway works the same.
 */
public final class BrokerWatch implements AutoCloseable {
  static final String DROPPED = "$SYS/broker/publish/messages/dropped";

  private static final Logger LOG = LoggerFactory.getLogger(BrokerWatch.class);
  private static final int WINDOW = 10;
  private static final long NOT_TOLD = -1;

  private final MqttLink.Settings settings;
  private final MqttLink.Factory links;
  private final OwnedLoop loop;
  private volatile long dropped = NOT_TOLD;

  /**
   * @param like where the broker is and how to log in
   */
  public BrokerWatch(MqttLink.Settings like, MqttLink.Factory links, Backoff backoff) {
    String id =
        "fqt-gateway-watch-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    this.settings =
        new MqttLink.Settings(
            like.uri(), id, like.login(), true, 0, WINDOW, like.keepAlive(), like.timeout());
    this.links = links;
    this.loop = new OwnedLoop(id, this::open, backoff, () -> true);
  }

  /** A watch of its own tempo: between half and the whole of the longest delay. */
  public static Backoff patience(java.time.Duration longest) {
    return new Backoff(longest, longest, RandomGenerator.getDefault());
  }

  public void start() {
    loop.start();
    loop.own();
  }

  /** What the broker last said; empty if it said nothing yet. */
  public OptionalLong dropped() {
    return dropped == NOT_TOLD ? OptionalLong.empty() : OptionalLong.of(dropped);
  }

  public void writeMetrics(Scrape scrape) {
    dropped().ifPresent(count -> scrape.add(Metric.BROKER_DROPPED, Map.of(), count));
  }

  @Override
  public void close() {
    loop.close();
  }

  private AutoCloseable open(OwnedLoop.EndSignal signal) throws MqttLinkException {
    Ear ear = new Ear(signal);
    MqttLink link = links.open(settings, ear);
    ear.link = link;
    try {
      link.connect();
    } catch (MqttLinkException | RuntimeException e) {
      link.close();
      throw e;
    }
    try {
      link.subscribe(List.of(DROPPED));
    } catch (MqttLinkException e) {
      LOG.info("the broker doesn't tell this login what it drops: {}", e.getMessage());
    }
    return link;
  }

  private final class Ear implements MqttLink.Listener {
    private final OwnedLoop.EndSignal signal;
    private volatile MqttLink link;

    Ear(OwnedLoop.EndSignal signal) {
      this.signal = signal;
    }

    @Override
    public void message(MqttLink.Inbound message) {
      hear(new String(message.payload(), StandardCharsets.UTF_8).strip());
      try {
        if (message.qos() > 0) {
          link.ack(message.id());
        }
      } catch (MqttLinkException e) {
        signal.end(OwnedLoop.Cause.FAILED, e.getMessage());
      }
    }

    @Override
    public void lost(int reasonCode, String words) {
      signal.end(OwnedLoop.Cause.FAILED, words);
    }
  }

  private void hear(String said) {
    long now;
    try {
      now = Long.parseLong(said);
    } catch (NumberFormatException e) {
      LOG.info("topic={} is no number and not used: '{}'", DROPPED, said);
      return;
    }
    long before = dropped;
    dropped = now;
    if (now > Math.max(0, before)) {
      LOG.warn(
          "the broker dropped {} messages ({} since its start): a queue reached its limit. They are"
              + " lost; raise max_queued_messages and max_queued_bytes, and see why a client stays"
              + " away",
          before == NOT_TOLD ? now : now - before,
          now);
    }
  }
}
