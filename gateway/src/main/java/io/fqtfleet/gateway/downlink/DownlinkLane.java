package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.contract.DeadLetter;
import io.fqtfleet.gateway.contract.PropertyHeaders;
import io.fqtfleet.gateway.contract.PropertyHeaders.FromKafka;
import io.fqtfleet.gateway.downlink.BudgetEncoder.Publication;
import io.fqtfleet.gateway.downlink.BudgetEncoder.UndeliverableException;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.OwnedLoop.Cause;
import io.fqtfleet.gateway.mqtt.OwnedLoop.Duty;
import io.fqtfleet.gateway.mqtt.OwnedLoop.EndSignal;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition of budgets and its MQTT connection.
 *
 * <p>The polling thread offers records in order; each is published (or put into the dead letters),
 * and once all before it are acknowledged, its offset may be committed. When the connection ends,
 * what is unacknowledged is read again, and so is what was acknowledged a short while ago: the
 * broker may have died and forgotten it. A budget is the full desired state, so repeating it does
 * no harm.
 */
final class DownlinkLane implements Duty {
  private static final Logger LOG = LoggerFactory.getLogger(DownlinkLane.class);

  /** An offered record until its acknowledgement. */
  private static final class Pending {
    private final String device;
    private final long offset;
    private boolean done;

    private Pending(ConsumerRecord<String, byte[]> record) {
      this.device = record.key();
      this.offset = record.offset();
    }
  }

  private final MqttLink.Settings settings;
  private final int window;
  private final MqttLink.Factory links;
  private final SharedProducer producers;
  private final BudgetEncoder encoder;
  private final InstantSource clock;
  private final DownlinkCounters counters = new DownlinkCounters();
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final RecentDeliveries recent;
  private final LongSupplier nanoClock;

  /** Last budgets to be signed with another key; at most one per device. */
  private final Map<String, ConsumerRecord<String, byte[]>> again = new LinkedHashMap<>();

  /** Those of them that await the broker's acknowledgement. */
  private final Set<ConsumerRecord<String, byte[]>> signedAgain = new HashSet<>();

  /** Offset of the last offered record of each device, so that no older one follows it. */
  private final Map<String, Long> lastOffered = new HashMap<>();

  private Connection connection;
  private long committable;
  private boolean rewind;
  private long rewindTo;

  /**
   * @param repeat budgets acknowledged within this time before a connection ended are repeated
   */
  DownlinkLane(
      MqttLink.Settings settings,
      int window,
      Duration repeat,
      MqttLink.Factory links,
      SharedProducer producers,
      BudgetEncoder encoder,
      InstantSource clock,
      LongSupplier nanoClock) {
    this.settings = settings;
    this.window = window;
    this.links = links;
    this.producers = producers;
    this.encoder = encoder;
    this.clock = clock;
    this.recent = new RecentDeliveries(repeat.toNanos());
    this.nanoClock = nanoClock;
  }

  DownlinkCounters counters() {
    return counters;
  }

  /** The partition was assigned; its reading begins at this offset. */
  synchronized void begin(long offset) {
    pending.clear();
    again.clear();
    lastOffered.clear();
    recent.clear();
    committable = offset;
    rewind = false;
  }

  /** All before this offset is delivered. */
  synchronized long committable() {
    return committable;
  }

  /** True once after a connection ended: read again from {@link #rewindTo}. */
  synchronized boolean takeRewind() {
    boolean taken = rewind;
    rewind = false;
    return taken;
  }

  /** At or before {@link #committable}. */
  synchronized long rewindTo() {
    return rewindTo;
  }

  synchronized boolean ready() {
    return connection != null && !rewind && inFlight() < connection.limit;
  }

  synchronized int inFlight() {
    return pending.size() + signedAgain.size();
  }

  /**
   * The device refused its last budget because of the key: it is published once more. Any thread.
   */
  synchronized void signAgain(ConsumerRecord<String, byte[]> last) {
    again.put(last.key(), last);
  }

  /** Publishes what is to be signed again as far as there is room; the polling thread calls. */
  void publishAgain() {
    for (Again next = nextAgain(); next != null; next = nextAgain()) {
      try {
        FromKafka came = PropertyHeaders.fromKafka(next.record.headers(), clock.millis());
        next.to.publishAgain(
            encoder.encode(next.record.key(), next.record.value(), came), next.record);
      } catch (UndeliverableException e) {
        // It became a dead letter when it was offered.
        LOG.debug("device={} not signed again: {}", next.record.key(), e.getMessage());
        forget(next.record);
      }
    }
  }

  private record Again(Connection to, ConsumerRecord<String, byte[]> record) {}

  private synchronized Again nextAgain() {
    while (ready() && !again.isEmpty()) {
      ConsumerRecord<String, byte[]> next = again.remove(again.keySet().iterator().next());
      // A later budget went out meanwhile, or a deletion: that one counts.
      if (next.offset() >= lastOffered.getOrDefault(next.key(), 0L) && next.value() != null) {
        signedAgain.add(next);
        return new Again(connection, next);
      }
    }
    return null;
  }

  private synchronized void forget(ConsumerRecord<String, byte[]> record) {
    signedAgain.remove(record);
  }

  /** False if the record must be offered again later; nothing happened then. */
  boolean offer(ConsumerRecord<String, byte[]> record) {
    Connection to;
    Pending entry = new Pending(record);
    synchronized (this) {
      if (!ready()) {
        return false;
      }
      if (record.offset() < committable && !recent.holds(record.key(), record.offset())) {
        // Read again on the way to those that are repeated.
        return true;
      }
      to = connection;
      pending.addLast(entry);
      if (record.key() != null) {
        lastOffered.merge(record.key(), record.offset(), Math::max);
      }
    }
    try {
      FromKafka came = PropertyHeaders.fromKafka(record.headers(), clock.millis());
      Publication publication = encoder.encode(record.key(), record.value(), came);
      counters.headersLeftOut(came.leftOut());
      to.publish(publication, entry, retiredStatus(record));
    } catch (UndeliverableException e) {
      to.bury(record, e, entry);
    }
    return true;
  }

  /** The retained status that goes with a retired device's budget; null = it stays. */
  private static String retiredStatus(ConsumerRecord<String, byte[]> record) {
    return record.value() == null && record.headers().lastHeader(Headers.RETIRED) != null
        ? Topics.up(record.key(), Topics.Uplink.STATUS)
        : null;
  }

  private synchronized void delivered(Connection of, Pending entry) {
    if (of == connection) {
      recent.delivered(entry.device, entry.offset, nanoClock.getAsLong());
      done(of, entry);
    }
  }

  private synchronized void done(Connection of, Pending entry) {
    if (of != connection) {
      return;
    }
    entry.done = true;
    while (!pending.isEmpty() && pending.peekFirst().done) {
      committable = Math.max(committable, pending.removeFirst().offset + 1);
    }
  }

  @Override
  public AutoCloseable open(EndSignal signal) throws MqttLinkException {
    Connection opening = new Connection(signal);
    try {
      int limit = Math.min(window, opening.link.connect().limits().receiveMaximum());
      synchronized (this) {
        opening.limit = limit;
        connection = opening;
      }
      return opening;
    } catch (MqttLinkException | RuntimeException e) {
      opening.close();
      throw e;
    }
  }

  /** One connection; its callbacks come on the link's or the producer's thread. */
  private final class Connection implements MqttLink.Listener, AutoCloseable {
    private final EndSignal signal;
    private final MqttLink link;
    private int limit;

    Connection(EndSignal signal) throws MqttLinkException {
      this.signal = signal;
      this.link = links.open(settings, this);
    }

    /**
     * @param alsoDelete topic of another retained message; null = none
     */
    void publish(Publication publication, Pending entry, String alsoDelete) {
      CompletableFuture<Void> sent =
          link.publishRetained(
              publication.topic(), publication.payload(), publication.properties());
      if (alsoDelete != null) {
        // One after the other: the window counts them as one.
        sent = sent.thenCompose(nothing -> deleteStatus(alsoDelete));
      }
      sent.whenComplete(
          (nothing, failure) -> {
            if (failure != null) {
              signal.end(Cause.FAILED, failure.getMessage());
              return;
            }
            if (publication.payload().length == 0) {
              counters.deleted();
            } else {
              counters.published();
            }
            delivered(this, entry);
          });
    }

    /** A broker that forbids it must not stop all other budgets. */
    private CompletableFuture<Void> deleteStatus(String topic) {
      return link.publishRetained(topic, new byte[0], MessageProperties.NONE)
          .exceptionally(
              refused -> {
                LOG.warn(
                    "topic={} of a retired device is still retained: {}; let the gateway write"
                        + " fqt/v1/up/+/+/status",
                    topic,
                    refused.getMessage());
                return null;
              });
    }

    void publishAgain(Publication publication, ConsumerRecord<String, byte[]> record) {
      link.publishRetained(publication.topic(), publication.payload(), publication.properties())
          .whenComplete(
              (nothing, failure) -> {
                if (failure != null) {
                  signal.end(Cause.FAILED, failure.getMessage());
                } else {
                  counters.signedAgain();
                  forget(record);
                }
              });
    }

    void bury(ConsumerRecord<String, byte[]> record, UndeliverableException why, Pending entry) {
      ProducerRecord<String, byte[]> letter =
          DeadLetter.of(
              why.reason(),
              why.getMessage(),
              record.key(),
              record.value(),
              BudgetEncoder.BYTES_MAX,
              record.topic());
      Producer<String, byte[]> producer = null;
      try {
        producer = producers.current();
        Producer<String, byte[]> used = producer;
        producer.send(
            letter,
            (metadata, failure) -> {
              if (failure == null) {
                counters.deadLettered(why.reason().name());
                done(this, entry);
              } else {
                notBuried(used, failure);
              }
            });
      } catch (RuntimeException e) {
        notBuried(producer, e);
      }
    }

    private void notBuried(Producer<String, byte[]> producer, Exception failure) {
      if (producer != null) {
        producers.failed(producer, failure);
      }
      signal.end(Cause.FAILED, "waiting for Kafka: " + failure.getMessage());
    }

    @Override
    public void message(Inbound message) {
      // Nothing is subscribed.
    }

    @Override
    public void lost(int reasonCode, String words) {
      if (reasonCode == MqttLink.SESSION_TAKEN_OVER) {
        counters.takenOver();
        signal.end(Cause.TAKEN_OVER, words);
      } else {
        signal.end(Cause.FAILED, "waiting for the MQTT broker: " + words);
      }
    }

    @Override
    public void close() {
      synchronized (DownlinkLane.this) {
        if (connection == this) {
          connection = null;
          rewind = true;
          rewindTo =
              Math.min(committable, recent.firstOffset(nanoClock.getAsLong()).orElse(committable));
          counters.repeated(pending.size());
          pending.clear();
          signedAgain.forEach(record -> again.putIfAbsent(record.key(), record));
          signedAgain.clear();
        }
      }
      link.close();
    }
  }
}
