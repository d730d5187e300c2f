package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads a topic from its beginning and judges what came. */
final class KafkaTail implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final KafkaConsumer<String, byte[]> consumer;
  private final List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();

  KafkaTail(String bootstrapServers, String topic) {
    this(bootstrapServers, topic, Map.of());
  }

  KafkaTail(String bootstrapServers, String topic, Map<String, String> login) {
    Map<String, Object> settings = new HashMap<>(login);
    settings.put("bootstrap.servers", bootstrapServers);
    settings.put("isolation.level", "read_committed");
    consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads on until enough was read. */
  List<ConsumerRecord<String, byte[]>> until(
      Predicate<List<ConsumerRecord<String, byte[]>>> enough, String what) {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (!enough.test(records)) {
      assertTrue(
          System.nanoTime() < deadline,
          () -> "waited %s for %s; got %d records".formatted(TIMEOUT, what, records.size()));
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    }
    return records;
  }

  /** Reads for a while more: what comes now would be one too many. */
  List<ConsumerRecord<String, byte[]>> rest() {
    long deadline = System.nanoTime() + Duration.ofMillis(500).toNanos();
    while (System.nanoTime() < deadline) {
      consumer.poll(Duration.ofMillis(100)).forEach(records::add);
    }
    return records;
  }

  /**
   * Waits until each device's reports 1..n are there and checks the order of their first
   * occurrences.
   *
   * @return the number of duplicates
   */
  long assertAllInOrder(String devicePrefix, int devices, int reportsEach) {
    long twice = assertAll(devicePrefix, devices, reportsEach);
    List<Long> expected = LongStream.rangeClosed(1, reportsEach).boxed().toList();
    firstOccurrences(devicePrefix)
        .forEach((device, sequences) -> assertEquals(expected, sequences, device));
    return twice;
  }

  /**
   * Waits until each device's reports 1..n are there, in any order.
   *
   * @return the number of duplicates
   */
  long assertAll(String devicePrefix, int devices, int reportsEach) {
    until(
        all ->
            firstOccurrences(devicePrefix).values().stream().mapToInt(List::size).sum()
                >= devices * reportsEach,
        devices + " x " + reportsEach + " reports of " + devicePrefix);
    rest();
    assertEquals(devices, firstOccurrences(devicePrefix).size());
    long count = records.stream().filter(r -> ofPrefix(r, devicePrefix)).count();
    return count - (long) devices * reportsEach;
  }

  private Map<String, List<Long>> firstOccurrences(String devicePrefix) {
    Map<String, List<Long>> sequences = new LinkedHashMap<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      if (ofPrefix(record, devicePrefix)) {
        List<Long> of = sequences.computeIfAbsent(record.key(), key -> new ArrayList<>());
        long sequence = sequence(record);
        if (!of.contains(sequence)) {
          of.add(sequence);
        }
      }
    }
    return sequences;
  }

  private static boolean ofPrefix(ConsumerRecord<String, byte[]> record, String prefix) {
    return record.key() != null && record.key().startsWith(prefix);
  }

  private static long sequence(ConsumerRecord<String, byte[]> record) {
    try {
      return Messages.REPORTS.decode(record.value()).getSequence();
    } catch (WireException e) {
      throw new AssertionError("an unreadable report reached Kafka", e);
    }
  }

  static String header(ConsumerRecord<?, ?> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
