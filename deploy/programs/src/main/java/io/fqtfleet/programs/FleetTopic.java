package io.fqtfleet.programs;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * An operator's side of one Kafka topic: reads what it holds, follows it, adds to it.
 *
 * @param <T> of its records
 */
final class FleetTopic<T extends SpecificRecord> {
  /** Takes the records in the order of their partition. */
  interface Visitor<T> {
    /**
     * @param value null = deleted
     */
    void visit(String key, T value);

    /** The same with the record's place in its partition, for those who need it. */
    default void visitAt(long offset, String key, T value) {
      visit(key, value);
    }

    /** A record that this version cannot read; unless it may be passed over, reading ends. */
    default void unreadable(String where, WireException why) {
      throw new IllegalStateException(
          "%s cannot be read by this version: %s".formatted(where, why.asHeader()), why);
    }
  }

  private final String bootstrapServers;
  private final String topic;
  private final WireCodec<T> codec;
  private final RawTopic raw;

  FleetTopic(String bootstrapServers, String topic, Class<T> type) {
    this.bootstrapServers = bootstrapServers;
    this.topic = topic;
    this.codec = WireCodec.of(type);
    this.raw = new RawTopic(bootstrapServers, topic);
  }

  /** Visits everything committed until now. */
  void read(Visitor<T> visitor) {
    raw.read(null, record -> decode(record, visitor));
  }

  /** Visits what is stored under one key. */
  void read(String key, Visitor<T> visitor) {
    raw.read(
        key,
        record -> {
          if (RawTopic.key(record).equals(key)) {
            decode(record, visitor);
          }
        });
  }

  /** Visits everything until now, calls {@code caughtUp}, then goes on until interrupted. */
  void follow(Visitor<T> visitor, Runnable caughtUp) {
    raw.follow(null, record -> decode(record, visitor), caughtUp);
  }

  private void decode(ConsumerRecord<byte[], byte[]> record, Visitor<T> visitor) {
    T value = null;
    if (record.value() != null) {
      try {
        value = codec.decode(record.value());
      } catch (WireException e) {
        visitor.unreadable(
            "%s[%d]@%d".formatted(record.topic(), record.partition(), record.offset()), e);
        return;
      }
    }
    visitor.visitAt(record.offset(), RawTopic.key(record), value);
  }

  /**
   * Returns its offset when Kafka has it on all its replicas.
   *
   * @param value null deletes what a compacted topic holds under the key
   * @param atMs time of the record; null = now
   */
  long publish(String key, T value, Long atMs) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            RawTopic.TIMEOUT_MS);
    byte[] payload = value == null ? null : codec.encode(value);
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      return producer
          .send(new ProducerRecord<>(topic, null, atMs, RawTopic.bytes(key), payload))
          .get(RawTopic.TIMEOUT_MS, TimeUnit.MILLISECONDS)
          .offset();
    } catch (ExecutionException | TimeoutException e) {
      throw raw.notThere("the record of '%s' was not stored in %s".formatted(key, topic), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while storing the record of " + key, e);
    }
  }
}
