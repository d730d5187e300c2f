package io.fqtfleet.streams.alerting;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.ops.Meters;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells Alertmanager of every committed state of every alert.
 *
 * <p>Offsets are committed only after Alertmanager has what stands before them. At a start the
 * topic is read from its beginning: up to the committed offset to know what is open, from there on
 * to tell what changed. So a restart loses no change, and what it repeats has the same labels.
 *
 * <p>One thread of its own; {@link #problem} and {@link #close} may be called from any.
 */
public final class AlertPush implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AlertPush.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(15);
  private static final int BATCH_MAX = 100;

  /** While so many changes wait for Alertmanager nothing more is read. */
  private static final int UNDELIVERED_MAX = 10_000;

  /**
   * @param resolveTimeout for how long Alertmanager takes an alert for firing without a repetition
   * @param requestTimeout of one request
   */
  public record Settings(String url, Duration resolveTimeout, Duration requestTimeout) {}

  private final Map<String, Object> consumerConfig;
  private final Alertmanager alertmanager;
  private final AlertLedger ledger;
  private final Meters meters;
  private final Backoff backoff = new Backoff(new Random());
  private final WireCodec<Alert> codec = WireCodec.of(Alert.class);
  private final Thread thread = new Thread(this::run, "alert-push");

  /** Per assigned partition: what stands before is delivered. */
  private final Map<TopicPartition, Long> delivered = new HashMap<>();

  /** What Kafka knows of that; -1 = nothing yet. */
  private final Map<TopicPartition, Long> committed = new HashMap<>();

  private long nextAttemptMs;
  private volatile boolean closing;
  private volatile String problem;

  /**
   * @param client settings of the Kafka client; servers and group among them
   */
  public AlertPush(Settings settings, Map<String, Object> client, Meters meters) {
    this(
        new HttpAlertmanager(settings.url, settings.requestTimeout),
        settings.resolveTimeout.toMillis(),
        client,
        meters);
  }

  AlertPush(
      Alertmanager alertmanager, long resolveTimeoutMs, Map<String, Object> client, Meters meters) {
    this.alertmanager = alertmanager;
    this.ledger = new AlertLedger(resolveTimeoutMs);
    this.meters = meters;
    this.consumerConfig = new HashMap<>(client);
    consumerConfig.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    consumerConfig.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    consumerConfig.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    consumerConfig.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
  }

  public void start() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Why alerts do not reach people right now, for a person. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  private void run() {
    while (!closing) {
      try (Consumer<byte[], byte[]> consumer =
          new KafkaConsumer<>(
              consumerConfig, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        consumer.subscribe(List.of(Topics.ALERTS), new Assignment(consumer));
        while (!closing) {
          step(consumer);
        }
      } catch (InterruptException | InterruptedException e) {
        return;
      } catch (KafkaException e) {
        problem = "alerts are not pushed: reading " + Topics.ALERTS + " failed (" + e + ")";
        LOG.warn("{}; tried again", problem);
        pause(backoff.nextMs());
      } catch (RuntimeException e) {
        problem = "alerts are not pushed: a defect stopped the push (" + e + ")";
        LOG.error("{}; tried again", problem, e);
        pause(backoff.nextMs());
      }
      delivered.keySet().forEach(p -> ledger.forget(p.partition()));
      delivered.clear();
      committed.clear();
    }
  }

  private void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      closing = true;
    }
  }

  private void step(Consumer<byte[], byte[]> consumer) throws InterruptedException {
    Set<TopicPartition> assigned = consumer.assignment();
    if (ledger.undelivered() < UNDELIVERED_MAX) {
      consumer.resume(assigned);
    } else {
      consumer.pause(assigned);
    }
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      take(record);
    }
    long nowMs = System.currentTimeMillis();
    if (nowMs >= nextAttemptMs) {
      push(nowMs);
    }
    if (ledger.undelivered() == 0) {
      commit(consumer);
    }
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    long nowMs = System.currentTimeMillis();
    try {
      Alert alert = codec.decode(record.value() == null ? new byte[0] : record.value());
      if (record.offset() < delivered.getOrDefault(partition, 0L)) {
        ledger.replayed(partition.partition(), alert, nowMs);
      } else {
        ledger.changed(partition.partition(), alert, nowMs);
      }
    } catch (WireException e) {
      // Nobody but this application may write there; the rest must still reach people.
      LOG.error("{}@{} is no alert: {}", partition, record.offset(), e.asHeader());
      meters.count("alert_pushes", "outcome", "UNREADABLE");
    }
  }

  /** Posts what is due; a failure leaves it due and sets when to try again. */
  private void push(long nowMs) throws InterruptedException {
    List<AlertLedger.Due> due = ledger.due(nowMs, BATCH_MAX);
    while (!due.isEmpty()) {
      try {
        post(due, nowMs);
      } catch (IOException e) {
        long waitMs = backoff.nextMs();
        nextAttemptMs = nowMs + waitMs;
        problem =
            "alerts are not pushed: %s; %d changes wait, tried again in %d ms"
                .formatted(e.getMessage(), ledger.undelivered(), waitMs);
        meters.count("alert_pushes", "outcome", "FAILED");
        LOG.warn("{}", problem);
        return;
      }
      due = ledger.due(nowMs, BATCH_MAX);
    }
    backoff.succeeded();
    problem = null;
  }

  private void post(List<AlertLedger.Due> due, long nowMs)
      throws IOException, InterruptedException {
    try {
      alertmanager.post(due);
      due.forEach(one -> ledger.delivered(one.id(), nowMs));
      due.forEach(one -> meters.count("alert_pushes", "outcome", "DELIVERED"));
    } catch (Alertmanager.RefusedException e) {
      if (due.size() > 1) {
        // One bad alert must not keep the others from people.
        for (AlertLedger.Due one : due) {
          post(List.of(one), nowMs);
        }
        return;
      }
      LOG.error("alert={} is not pushed: {}", due.get(0).id(), e.getMessage());
      meters.count("alert_pushes", "outcome", "REFUSED");
      ledger.delivered(due.get(0).id(), nowMs);
    }
  }

  private void commit(Consumer<byte[], byte[]> consumer) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (TopicPartition partition : consumer.assignment()) {
      long position = consumer.position(partition);
      boolean allRead = position >= delivered.getOrDefault(partition, Long.MAX_VALUE);
      if (allRead && position > committed.getOrDefault(partition, -1L)) {
        offsets.put(partition, new OffsetAndMetadata(position));
      }
    }
    if (!offsets.isEmpty()) {
      consumer.commitSync(offsets);
      offsets.forEach((partition, offset) -> committed.put(partition, offset.offset()));
    }
  }

  /** Reads a partition that is new to this instance from its beginning. */
  private final class Assignment implements ConsumerRebalanceListener {
    private final Consumer<byte[], byte[]> consumer;

    Assignment(Consumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) {
        return;
      }
      Map<TopicPartition, OffsetAndMetadata> known = consumer.committed(Set.copyOf(partitions));
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.seekToBeginning(partitions);
      for (TopicPartition partition : partitions) {
        OffsetAndMetadata offset = known.get(partition);
        // At the very first start the past is past: only what is open is told.
        delivered.put(partition, offset == null ? ends.get(partition) : offset.offset());
        committed.put(partition, offset == null ? -1L : offset.offset());
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) {
        delivered.remove(partition);
        committed.remove(partition);
        ledger.forget(partition.partition());
      }
    }
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(CLOSE_TIMEOUT.toMillis());
      if (thread.isAlive()) {
        thread.interrupt();
        thread.join(CLOSE_TIMEOUT.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
