package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * What is in {@code fqt.reports.v1}, read from its beginning by one thread. A restart of Kafka is
 * outlived by the consumer itself, which keeps its place.
 */
final class ReportTail implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final int DISORDERS_MAX = 5;
  private static final long JOIN_MS = 10_000;

  /** One device's reports of its one boot. */
  private static final class Seen {
    private final BitSet sequences = new BitSet();
    private long records;
    private int highest;
    private long outOfOrder;
  }

  private final Map<String, Seen> devices = new HashMap<>();
  private final List<String> disorders = new ArrayList<>();
  private final String servers;
  private final Thread thread;
  private volatile boolean closed;
  private long unreadable;

  ReportTail(String servers) {
    this.servers = servers;
    this.thread = new Thread(this::run, "fault-reports");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            servers,
            ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
            200,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest");
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.REPORTS).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (!closed) {
        try {
          consumer.poll(POLL).forEach(this::see);
        } catch (KafkaException e) {
          // Kafka is what the scenario is breaking; the place in the log is kept.
          continue;
        }
      }
    }
  }

  private synchronized void see(ConsumerRecord<String, byte[]> record) {
    TrainingReport report;
    try {
      report = LoadRecords.REPORTS.decode(record.value());
    } catch (WireException e) {
      unreadable++;
      return;
    }
    Seen seen = devices.computeIfAbsent(report.getDevice(), id -> new Seen());
    int sequence = (int) report.getSequence();
    seen.records++;
    if (!seen.sequences.get(sequence)) {
      seen.sequences.set(sequence);
      if (sequence < seen.highest) {
        seen.outOfOrder++;
        note(record, sequence, seen.highest);
      }
      seen.highest = Math.max(seen.highest, sequence);
    }
  }

  private void note(ConsumerRecord<String, byte[]> record, int sequence, int highest) {
    if (disorders.size() < DISORDERS_MAX) {
      disorders.add(
          "%s: %d after %d at %s, offset %d of partition %d"
              .formatted(
                  record.key(),
                  sequence,
                  highest,
                  Instant.ofEpochMilli(record.timestamp()),
                  record.offset(),
                  record.partition()));
    }
  }

  /** The first few, in words. */
  synchronized List<String> disorders() {
    return List.copyOf(disorders);
  }

  /** What came of one device. */
  record Came(BitSet sequences, long records, int highest, long outOfOrder) {
    long duplicated() {
      return records - sequences.cardinality();
    }
  }

  synchronized Came of(String device) {
    Seen seen = devices.getOrDefault(device, new Seen());
    return new Came((BitSet) seen.sequences.clone(), seen.records, seen.highest, seen.outOfOrder);
  }

  /** Reports that reached Kafka but are none. */
  synchronized long unreadable() {
    return unreadable;
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join(JOIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
