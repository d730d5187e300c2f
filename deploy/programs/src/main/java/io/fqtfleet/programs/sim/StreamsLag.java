package io.fqtfleet.programs.sim;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * How many messages streams has not processed yet, over all topics that it reads: what it has not
 * committed. Asks once per second in a thread of its own.
 */
final class StreamsLag implements AutoCloseable {
  /** Nobody knows: streams has another name there, or does not run. */
  static final long UNKNOWN = -1;

  static final String THREAD = "sim-reader-lag";
  private static final String GROUP = "fqt-streams";
  private static final long EVERY_MS = 1_000;
  private static final long PATIENCE_MS = 5_000;

  private final Admin admin;
  private final Thread thread = new Thread(this::run, THREAD);
  private volatile long messages = UNKNOWN;

  StreamsLag(SimTarget target) {
    this.admin = Admin.create(target.admin());
    thread.setDaemon(true);
    thread.start();
  }

  long messages() {
    return messages;
  }

  private void run() {
    try {
      while (true) {
        try {
          messages = behind();
        } catch (ExecutionException | TimeoutException e) {
          // The reader tells of a Kafka that is gone.
          messages = UNKNOWN;
        }
        Thread.sleep(EVERY_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long behind() throws InterruptedException, ExecutionException, TimeoutException {
    Map<TopicPartition, OffsetAndMetadata> done =
        admin
            .listConsumerGroupOffsets(GROUP)
            .partitionsToOffsetAndMetadata()
            .get(PATIENCE_MS, TimeUnit.MILLISECONDS);
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    done.forEach(
        (partition, offset) -> {
          if (offset != null) {
            wanted.put(partition, OffsetSpec.latest());
          }
        });
    if (wanted.isEmpty()) {
      return UNKNOWN;
    }
    var ends = admin.listOffsets(wanted).all().get(PATIENCE_MS, TimeUnit.MILLISECONDS);
    return ends.entrySet().stream()
        .mapToLong(e -> Math.max(0, e.getValue().offset() - done.get(e.getKey()).offset()))
        .sum();
  }

  @Override
  public void close() {
    thread.interrupt();
    admin.close(java.time.Duration.ofMillis(PATIENCE_MS));
  }
}
