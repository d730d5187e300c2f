package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.contract.DeadLetter;
import io.fqtfleet.gateway.contract.PropertyHeaders;
import io.fqtfleet.gateway.contract.PropertyHeaders.FromKafka;
import io.fqtfleet.gateway.downlink.BudgetEncoder.Publication;
import io.fqtfleet.gateway.downlink.BudgetEncoder.UndeliverableException;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.OwnedLoop.Cause;
import io.fqtfleet.gateway.mqtt.OwnedLoop.Duty;
import io.fqtfleet.gateway.mqtt.OwnedLoop.EndSignal;
import java.time.InstantSource;
import java.util.ArrayDeque;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * One partition of budgets and its MQTT connection.
 *
 * <p>The polling thread offers records in order; each is published (or put into the dead letters),
 * and once all before it are acknowledged, its offset may be committed. When the connection ends,
 * what is unacknowledged is read again from the first such offset: a budget is the full desired
 * state, so repeating it does no harm.
 */
final class DownlinkLane implements Duty {
  /** An offered record until its acknowledgement. */
  private static final class Pending {
    private final long offset;
    private boolean done;

    private Pending(long offset) {
      this.offset = offset;
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

  private Connection connection;
  private long committable;
  private boolean rewind;

  DownlinkLane(
      MqttLink.Settings settings,
      int window,
      MqttLink.Factory links,
      SharedProducer producers,
      BudgetEncoder encoder,
      InstantSource clock) {
    this.settings = settings;
    this.window = window;
    this.links = links;
    this.producers = producers;
    this.encoder = encoder;
    this.clock = clock;
  }

  DownlinkCounters counters() {
    return counters;
  }

  /** The partition was assigned; its reading begins at this offset. */
  synchronized void begin(long offset) {
    pending.clear();
    committable = offset;
    rewind = false;
  }

  /** All before this offset is delivered. */
  synchronized long committable() {
    return committable;
  }

  /** True once after a connection ended with records open: read again from committable. */
  synchronized boolean takeRewind() {
    boolean taken = rewind;
    rewind = false;
    return taken;
  }

  synchronized boolean ready() {
    return connection != null && !rewind && pending.size() < connection.limit;
  }

  synchronized int inFlight() {
    return pending.size();
  }

  /** False if the record must be offered again later; nothing happened then. */
  boolean offer(ConsumerRecord<String, byte[]> record) {
    Connection to;
    Pending entry = new Pending(record.offset());
    synchronized (this) {
      if (!ready()) {
        return false;
      }
      to = connection;
      pending.addLast(entry);
    }
    try {
      FromKafka came = PropertyHeaders.fromKafka(record.headers(), clock.millis());
      Publication publication = encoder.encode(record.key(), record.value(), came);
      counters.headersLeftOut(came.leftOut());
      to.publish(publication, entry);
    } catch (UndeliverableException e) {
      to.bury(record, e, entry);
    }
    return true;
  }

  private synchronized void done(Connection of, Pending entry) {
    if (of != connection) {
      return;
    }
    entry.done = true;
    while (!pending.isEmpty() && pending.peekFirst().done) {
      committable = pending.removeFirst().offset + 1;
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

    void publish(Publication publication, Pending entry) {
      link.publishRetained(publication.topic(), publication.payload(), publication.properties())
          .whenComplete(
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
                done(this, entry);
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
          counters.repeated(pending.size());
          pending.clear();
        }
      }
      link.close();
    }
  }
}
