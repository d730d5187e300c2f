package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes budgets into Kafka all the time, as streams would, and knows each device's last version;
 * watches what the gateway's downlink commits.
 */
final class BudgetBook implements AutoCloseable {
  private static final long INTERVAL_MS = 100;
  private static final long FLUSH_TIMEOUT_S = 60;
  private static final String GROUP = "fqt-gateway-down";

  private static final Duration POLL = Duration.ofMillis(100);

  private final String servers;
  private final KafkaProducer<String, byte[]> producer;
  private final Admin admin;
  private final List<String> devices;
  private final Map<String, Long> versions = new HashMap<>();
  private final SplittableRandom random;
  private final Thread writing;
  private long written;
  private volatile boolean stopped;

  BudgetBook(String servers, List<String> devices, long seed) {
    this.servers = servers;
    this.devices = devices;
    this.random = new SplittableRandom(seed);
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG,
                200),
            new StringSerializer(),
            new ByteArraySerializer());
    admin = Admin.create(Map.of("bootstrap.servers", servers));
    writing = new Thread(this::write, "fault-budgets");
    writing.setDaemon(true);
  }

  /** A first budget for everybody, then one for somebody all the time. */
  void start() {
    devices.forEach(this::next);
    writing.start();
  }

  private void write() {
    try {
      while (!stopped) {
        next(devices.get(random.nextInt(devices.size())));
        Thread.sleep(INTERVAL_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void next(String device) {
    long version;
    synchronized (versions) {
      version = versions.merge(device, 1L, Long::sum);
      written++;
    }
    byte[] value = LoadRecords.budget(device, version, System.currentTimeMillis());
    producer.send(new ProducerRecord<>(Topics.BUDGETS, device, value));
  }

  /** No more budgets; returns when Kafka has all. */
  void settle() throws InterruptedException {
    stopped = true;
    writing.join(TimeUnit.SECONDS.toMillis(FLUSH_TIMEOUT_S));
    producer.flush();
  }

  /** Deletes a device's budget. */
  void delete(String device) {
    synchronized (versions) {
      versions.put(device, 0L);
    }
    producer.send(new ProducerRecord<>(Topics.BUDGETS, device, null));
    producer.flush();
  }

  /**
   * Each device's last version as it stands in Kafka; 0 = deleted. Where streams runs, it writes
   * budgets too.
   */
  Map<String, Long> lastVersions() {
    Map<String, Long> last = new HashMap<>();
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of(
                "bootstrap.servers", servers, "isolation.level", "read_committed"),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.BUDGETS).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          last.put(record.key(), version(record.value()));
        }
      }
    }
    return last;
  }

  private static long version(byte[] value) {
    try {
      return value == null ? 0 : LoadRecords.BUDGETS.decode(value).getVersion();
    } catch (WireException e) {
      throw new IllegalStateException("an unreadable budget in " + Topics.BUDGETS, e);
    }
  }

  /** Budgets given to Kafka. */
  long written() {
    synchronized (versions) {
      return written;
    }
  }

  /** Where each partition ends at this moment. */
  Map<TopicPartition, Long> ends() throws InterruptedException {
    try {
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      admin
          .describeTopics(List.of(Topics.BUDGETS))
          .allTopicNames()
          .get(FLUSH_TIMEOUT_S, TimeUnit.SECONDS)
          .get(Topics.BUDGETS)
          .partitions()
          .forEach(p -> asked.put(new TopicPartition(Topics.BUDGETS, p.partition()), latest()));
      Map<TopicPartition, Long> ends = new HashMap<>();
      admin
          .listOffsets(asked)
          .all()
          .get(FLUSH_TIMEOUT_S, TimeUnit.SECONDS)
          .forEach((partition, result) -> ends.put(partition, result.offset()));
      return ends;
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the ends of " + Topics.BUDGETS + " are unknown", e);
    }
  }

  private static OffsetSpec latest() {
    return OffsetSpec.latest();
  }

  /** Budgets beyond these ends that the gateway has committed all the same. */
  long committedBeyond(Map<TopicPartition, Long> ends) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetAndMetadata> committed =
          admin
              .listConsumerGroupOffsets(GROUP)
              .partitionsToOffsetAndMetadata()
              .get(FLUSH_TIMEOUT_S, TimeUnit.SECONDS);
      long beyond = 0;
      for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
        OffsetAndMetadata offset = committed.get(end.getKey());
        beyond += offset == null ? 0 : Math.max(0, offset.offset() - end.getValue());
      }
      return beyond;
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the offsets of " + GROUP + " are unknown", e);
    }
  }

  @Override
  public void close() {
    stopped = true;
    producer.close(Duration.ofSeconds(1));
    admin.close(Duration.ofSeconds(1));
  }
}
