package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.gateway.mqtt.MqttLink.Welcome;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.OwnedLoop.Cause;
import io.fqtfleet.gateway.mqtt.OwnedLoop.Duty;
import io.fqtfleet.gateway.mqtt.OwnedLoop.EndSignal;
import io.fqtfleet.gateway.uplink.InFlightWindow.Slot;
import io.fqtfleet.gateway.uplink.UplinkRouter.Routed;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One persistent MQTT session and its shards. A message goes
 *
 * <pre>
 *   MQTT thread                                   producer's thread
 *   receive -> window -> check -> Kafka ........> confirmed -> window -> PUBACK, in order
 *                          |                          |
 *                          +--> dead letter --------->+   failed -> producer closed,
 *                                                                   connection dropped unacked
 * </pre>
 *
 * <p>What is not acknowledged when a connection ends, the broker delivers again. Once a message was
 * left out, no later one of that connection goes to Kafka: the order of first occurrences holds.
 */
final class UplinkSession implements Duty {
  private static final Logger LOG = LoggerFactory.getLogger(UplinkSession.class);

  /**
   * Longest wait for Kafka's confirmations before a connection is given up; what is not
   * acknowledged by then comes again, to this gateway or the next.
   */
  static final long DRAIN_MS = 1_500;

  private final MqttLink.Settings settings;
  private final List<String> filters;
  private final MqttLink.Factory links;
  private final SharedProducer producers;
  private final UplinkRouter router;
  private final InstantSource clock;
  private final UplinkCounters counters = new UplinkCounters();

  UplinkSession(
      MqttLink.Settings settings,
      List<String> filters,
      MqttLink.Factory links,
      SharedProducer producers,
      UplinkRouter router,
      InstantSource clock) {
    this.settings = settings;
    this.filters = List.copyOf(filters);
    this.links = links;
    this.producers = producers;
    this.router = router;
    this.clock = clock;
  }

  UplinkCounters counters() {
    return counters;
  }

  @Override
  public AutoCloseable open(EndSignal signal) throws MqttLinkException {
    Producer<String, byte[]> producer = producers.current();
    awaitKafka(producer);
    Connection connection = new Connection(producer, signal);
    try {
      connection.open();
      return connection;
    } catch (MqttLinkException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Fetches what a send needs to know, so that no send has to wait for it. */
  private void awaitKafka(Producer<String, byte[]> producer) {
    try {
      for (Uplink kind : Uplink.values()) {
        producer.partitionsFor(kind.kafkaTopic());
      }
      producer.partitionsFor(Topics.DEAD_LETTERS);
    } catch (KafkaException | IllegalStateException e) {
      producers.failed(producer, e);
      throw new KafkaException("waiting for Kafka: " + e.getMessage(), e);
    }
  }

  /** One connection of the session, from CONNECT to its end. */
  private final class Connection implements MqttLink.Listener, AutoCloseable {
    private final Producer<String, byte[]> producer;
    private final EndSignal signal;
    private final InFlightWindow window;
    private final MqttLink link;
    private volatile boolean lost;

    Connection(Producer<String, byte[]> producer, EndSignal signal) throws MqttLinkException {
      this.producer = producer;
      this.signal = signal;
      this.link = links.open(settings, this);
      this.window = new InFlightWindow(settings.receiveMaximum(), link::ack, counters);
    }

    void open() throws MqttLinkException {
      Welcome welcome = link.connect();
      boolean first = counters.snapshot().connects() == 0;
      counters.connected(welcome.sessionPresent());
      if (!welcome.sessionPresent() && !first) {
        LOG.warn(
            "client={} the broker has lost the session and what it held; is its persistence on?",
            settings.clientId());
      }
      List<String> refusals = welcome.limits().refusals();
      if (!refusals.isEmpty()) {
        throw new MqttLinkException(settings.uri() + ": " + String.join("; ", refusals));
      }
      welcome
          .limits()
          .warnings(router.payloadBytesMax(), settings.sessionExpirySeconds())
          .forEach(warning -> LOG.warn("client={} {}", settings.clientId(), warning));
      link.subscribe(filters);
    }

    @Override
    public void message(Inbound message) {
      Slot slot = window.enter(message, System::nanoTime);
      if (slot == null) {
        return;
      }
      long receivedAtMs = clock.millis();
      send(message, receivedAtMs, slot, router.route(message, receivedAtMs));
    }

    private void send(Inbound message, long receivedAtMs, Slot slot, Routed routed) {
      try {
        producer.send(
            routed.record(),
            (metadata, failure) -> {
              if (failure == null) {
                confirmed(slot, routed);
              } else if (failure instanceof RecordTooLargeException && routed.kind() != null) {
                // Redelivered, it would come back for ever.
                String words = failure.getMessage();
                send(message, receivedAtMs, slot, router.tooLarge(message, receivedAtMs, words));
              } else {
                failed(failure);
              }
            });
      } catch (RuntimeException e) {
        // Closed meanwhile by another session's failure, or out of memory for records.
        failed(e);
      }
    }

    private void confirmed(Slot slot, Routed routed) {
      try {
        window.confirm(slot, routed.kind(), routed.reason(), System.nanoTime());
      } catch (MqttLinkException e) {
        window.abandon();
        signal.end(Cause.FAILED, e.getMessage());
      }
    }

    private void failed(Exception failure) {
      window.abandon();
      producers.failed(producer, failure);
      signal.end(Cause.FAILED, "waiting for Kafka: " + failure.getMessage());
    }

    @Override
    public void lost(int reasonCode, String words) {
      lost = true;
      if (reasonCode == MqttLink.SESSION_TAKEN_OVER) {
        counters.takenOver();
        signal.end(Cause.TAKEN_OVER, words);
      } else {
        signal.end(Cause.FAILED, "waiting for the MQTT broker: " + words);
      }
    }

    @Override
    public void close() {
      if (!lost) {
        int left = window.drain(DRAIN_MS);
        if (left > 0) {
          LOG.warn(
              "client={} {} messages not confirmed by Kafka in {} ms go back to the broker",
              settings.clientId(),
              left,
              DRAIN_MS);
        }
      }
      // First, because the MQTT thread may wait for room.
      window.abandon();
      link.close();
    }
  }
}
