package io.fqtfleet.programs;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;

/** Reads the committed records of one Kafka topic, in the order of their partition. */
final class RawTopic {
  static final int TIMEOUT_MS = 15_000;
  private static final Duration POLL = Duration.ofMillis(500);

  /** Records of transactions' ends take offsets too, so more than wanted are looked through. */
  private static final int BACK_FACTOR = 8;

  private final String bootstrapServers;
  private final String topic;

  RawTopic(String bootstrapServers, String topic) {
    this.bootstrapServers = bootstrapServers;
    this.topic = topic;
  }

  /**
   * Visits everything until now.
   *
   * @param key whose partition alone is read: that to which Kafka's own partitioner, which all our
   *     services use, brings the key; null = all partitions
   */
  void read(String key, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    open(
        key,
        (consumer, partitions) -> {
          consumer.seekToBeginning(partitions);
          untilNow(consumer, partitions, each);
        });
  }

  /** Visits everything until now, calls {@code caughtUp}, then goes on until interrupted. */
  void follow(String key, Consumer<ConsumerRecord<byte[], byte[]>> each, Runnable caughtUp) {
    open(
        key,
        (consumer, partitions) -> {
          consumer.seekToBeginning(partitions);
          untilNow(consumer, partitions, each);
          caughtUp.run();
          goOn(consumer, each);
        });
  }

  /**
   * Visits the last ones by their time.
   *
   * @param wanted at most so many; of those that {@code each} would show
   * @param goOn true: then also what comes, until interrupted
   */
  void last(
      String key,
      int wanted,
      boolean goOn,
      java.util.function.Predicate<ConsumerRecord<byte[], byte[]>> which,
      Consumer<ConsumerRecord<byte[], byte[]>> each) {
    open(
        key,
        (consumer, partitions) -> {
          Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
          Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
          List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
          boolean all = false;
          for (long back = wanted; !all && found.size() < wanted; back *= BACK_FACTOR) {
            found.clear();
            all = true;
            for (TopicPartition partition : partitions) {
              long from = Math.max(begins.get(partition), ends.get(partition) - back);
              all &= from == begins.get(partition);
              consumer.seek(partition, from);
            }
            untilNow(
                consumer,
                partitions,
                record -> {
                  if (which.test(record)) {
                    found.add(record);
                  }
                });
          }
          found.sort(Comparator.comparingLong(ConsumerRecord::timestamp));
          found.subList(Math.max(0, found.size() - wanted), found.size()).forEach(each);
          if (goOn) {
            goOn(
                consumer,
                record -> {
                  if (which.test(record)) {
                    each.accept(record);
                  }
                });
          }
        });
  }

  private interface Reading {
    void read(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions);
  }

  private void open(String key, Reading reading) {
    Map<String, Object> config = new HashMap<>();
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    // Made by chance it would have the broker's retention, not ours.
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
    try (var consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = partitions(consumer, key);
      consumer.assign(partitions);
      reading.read(consumer, partitions);
    } catch (InterruptException stopped) {
      // Ctrl-C while following; the consumer is closed, nothing else to do.
      Thread.currentThread().interrupt();
    } catch (KafkaException e) {
      throw notThere("cannot read " + topic, e);
    }
  }

  private static void untilNow(
      KafkaConsumer<byte[], byte[]> consumer,
      List<TopicPartition> partitions,
      Consumer<ConsumerRecord<byte[], byte[]>> each) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
      consumer.poll(POLL).forEach(each);
    }
  }

  private static void goOn(
      KafkaConsumer<byte[], byte[]> consumer, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    while (!Thread.currentThread().isInterrupted()) {
      consumer.poll(POLL).forEach(each);
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

  static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  /** The key as text; empty if there is none. */
  static String key(ConsumerRecord<byte[], byte[]> record) {
    return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
  }

  IllegalStateException notThere(String what, Exception cause) {
    return new IllegalStateException(
        "%s: Kafka at %s does not answer within %d s; start it, or correct --kafka"
            .formatted(what, bootstrapServers, TIMEOUT_MS / 1000),
        cause);
  }
}
