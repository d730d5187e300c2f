package io.fqtfleet.programs;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;

/**
 * An operator's side of one Kafka topic: reads what it holds, follows it, adds to it.
 *
 * @param <T> of its records
 */
final class FleetTopic<T extends SpecificRecord> {
  private static final int TIMEOUT_MS = 15_000;
  private static final Duration POLL = Duration.ofMillis(500);

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

  FleetTopic(String bootstrapServers, String topic, Class<T> type) {
    this.bootstrapServers = bootstrapServers;
    this.topic = topic;
    this.codec = WireCodec.of(type);
  }

  /** Visits everything committed until now. */
  void read(Visitor<T> visitor) {
    read(null, visitor, consumer -> {});
  }

  /**
   * Visits what is stored under one key. It reads one partition only: that to which Kafka's own
   * partitioner, which all our services use, brings the key.
   */
  void read(String key, Visitor<T> visitor) {
    read(
        key,
        new Visitor<>() {
          @Override
          public void visit(String found, T value) {
            if (found.equals(key)) {
              visitor.visit(found, value);
            }
          }

          @Override
          public void unreadable(String where, WireException why) {
            visitor.unreadable(where, why);
          }
        },
        consumer -> {});
  }

  /** Visits everything until now, calls {@code caughtUp}, then goes on until interrupted. */
  void follow(Visitor<T> visitor, Runnable caughtUp) {
    read(
        null,
        visitor,
        consumer -> {
          caughtUp.run();
          while (!Thread.currentThread().isInterrupted()) {
            poll(consumer, visitor);
          }
        });
  }

  private void read(
      String key,
      Visitor<T> visitor,
      java.util.function.Consumer<KafkaConsumer<byte[], byte[]>> afterwards) {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            // Made by chance it would have the broker's retention, not ours.
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false,
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            TIMEOUT_MS);
    try (var consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = partitions(consumer, key);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        poll(consumer, visitor);
      }
      afterwards.accept(consumer);
    } catch (InterruptException stopped) {
      // Ctrl-C while following; the consumer is closed, nothing else to do.
      Thread.currentThread().interrupt();
    } catch (KafkaException e) {
      throw notThere("cannot read " + topic, e);
    }
  }

  private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer, String key) {
    List<PartitionInfo> known = consumer.partitionsFor(topic);
    if (known == null || known.isEmpty()) {
      throw new IllegalStateException(
          "Kafka at %s has no topic %s; gateway and streams make what is missing when they start"
              .formatted(bootstrapServers, topic));
    }
    int count = known.size();
    if (key != null) {
      int partition = Utils.toPositive(Utils.murmur2(bytes(key))) % count;
      return List.of(new TopicPartition(topic, partition));
    }
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(partition -> new TopicPartition(topic, partition))
        .toList();
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer, Visitor<T> visitor) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
      T value = null;
      if (record.value() != null) {
        try {
          value = codec.decode(record.value());
        } catch (WireException e) {
          visitor.unreadable(
              "%s[%d]@%d".formatted(record.topic(), record.partition(), record.offset()), e);
          continue;
        }
      }
      visitor.visitAt(record.offset(), key, value);
    }
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
            TIMEOUT_MS);
    byte[] payload = value == null ? null : codec.encode(value);
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      return producer
          .send(new ProducerRecord<>(topic, null, atMs, bytes(key), payload))
          .get(TIMEOUT_MS, TimeUnit.MILLISECONDS)
          .offset();
    } catch (ExecutionException | TimeoutException e) {
      throw notThere("the record of '%s' was not stored in %s".formatted(key, topic), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while storing the record of " + key, e);
    }
  }

  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  private IllegalStateException notThere(String what, Exception cause) {
    return new IllegalStateException(
        "%s: Kafka at %s does not answer within %d s; start it, or correct --kafka"
            .formatted(what, bootstrapServers, TIMEOUT_MS / 1000),
        cause);
  }
}
