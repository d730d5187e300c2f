package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.ops.PacedWarning;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which budget schema each device reads, from {@code fqt.status.v1} as a table. One thread reads;
 * about 100 bytes per device.
 */
final class DeviceSchemas implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceSchemas.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final long RETRY_MS = 1_000;
  private static final long JOIN_TIMEOUT_MS = 5_000;

  private final WireCodec<DeviceStatus> codec = WireCodec.of(DeviceStatus.class);
  private final Map<String, Long> schemas = new ConcurrentHashMap<>();
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private final Supplier<Consumer<String, byte[]>> readers;
  private final PacedWarning warning = new PacedWarning(LOG);
  private final Thread thread;
  private volatile boolean closed;

  DeviceSchemas(Supplier<Consumer<String, byte[]>> readers) {
    this.readers = readers;
    this.thread = new Thread(this::run, "fqt-down-status");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Empty if the device has sent no status. */
  OptionalLong of(String device) {
    Long schema = schemas.get(device);
    return schema == null ? OptionalLong.empty() : OptionalLong.of(schema);
  }

  /** True once all that was in the topic at the start has been read. */
  boolean caughtUp() {
    return caughtUp.getCount() == 0;
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join(JOIN_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      try {
        Consumer<String, byte[]> consumer = readers.get();
        try {
          follow(consumer);
        } finally {
          consumer.close(CloseOptions.timeout(FAREWELL));
        }
      } catch (WakeupException e) {
        LOG.debug("woken to close");
      } catch (KafkaException e) {
        warning.say("topic={} reading again: {}", Topics.STATUS, e.toString());
        pause();
      }
    }
  }

  private void follow(Consumer<String, byte[]> consumer) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(Topics.STATUS).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (!closed) {
      consumer.poll(POLL).forEach(this::put);
      if (!caughtUp()
          && ends.entrySet().stream()
              .allMatch(e -> consumer.position(e.getKey()) >= e.getValue())) {
        LOG.info("topic={} devices={} read", Topics.STATUS, schemas.size());
        caughtUp.countDown();
      }
    }
  }

  private void put(ConsumerRecord<String, byte[]> record) {
    if (record.key() == null) {
      return;
    }
    if (record.value() == null) {
      schemas.remove(record.key());
      return;
    }
    try {
      schemas.put(record.key(), codec.decode(record.value()).getBudgetSchema());
    } catch (WireException e) {
      // The uplink lets only readable ones in; another writer did this.
      warning.say("device={} unreadable status: {}", record.key(), e.asHeader());
    }
  }

  private void pause() {
    try {
      Thread.sleep(RETRY_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }
}
