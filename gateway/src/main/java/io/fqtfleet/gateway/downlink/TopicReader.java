package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.ops.PacedWarning;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that reads one topic beside the data path, and begins anew after Kafka was away. */
final class TopicReader implements AutoCloseable {
  static final Duration POLL = Duration.ofMillis(200);

  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final long RETRY_MS = 1_000;
  private static final long JOIN_TIMEOUT_MS = 5_000;

  private final String topic;
  private final Supplier<Consumer<String, byte[]>> readers;
  private final Reading reading;
  private final PacedWarning warning = new PacedWarning(LOG);
  private final Thread thread;
  private volatile boolean closed;

  /** What is done with the topic. */
  @FunctionalInterface
  interface Reading {
    /** Assigns the partitions, then polls until {@link #closed}; begun again when Kafka fails. */
    void follow(Consumer<String, byte[]> consumer);
  }

  TopicReader(
      String thread, String topic, Supplier<Consumer<String, byte[]>> readers, Reading reading) {
    this.topic = topic;
    this.readers = readers;
    this.reading = reading;
    this.thread = new Thread(this::run, thread);
    this.thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  boolean closed() {
    return closed;
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

  static List<TopicPartition> partitions(Consumer<String, byte[]> consumer, String topic) {
    return consumer.partitionsFor(topic).stream()
        .map(info -> new TopicPartition(info.topic(), info.partition()))
        .toList();
  }

  /** Places a consumer at the beginning of these and tells where they end now. */
  static End fromBeginning(Consumer<String, byte[]> consumer, Collection<TopicPartition> all) {
    consumer.assign(all);
    consumer.seekToBeginning(all);
    var ends = consumer.endOffsets(all);
    return () ->
        ends.entrySet().stream().allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
  }

  /** Whether all has been read that was there when reading began. */
  @FunctionalInterface
  interface End {
    boolean reached();
  }

  private void run() {
    while (!closed) {
      try {
        Consumer<String, byte[]> consumer = readers.get();
        try {
          reading.follow(consumer);
        } finally {
          consumer.close(CloseOptions.timeout(FAREWELL));
        }
      } catch (WakeupException e) {
        LOG.debug("woken to close");
      } catch (KafkaException e) {
        warning.say("topic={} reading again: {}", topic, e.toString());
        pause();
      }
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
