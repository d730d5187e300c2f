package io.fqtfleet.streams.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads what concerns the fleet as a whole into {@link FleetMemory} and tells those
 * who watch. In no consumer group: every instance has all of it.
 */
final class FleetReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FleetReader.class);
  private static final WireCodec<CohortHealth> HEALTH = WireCodec.of(CohortHealth.class);
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);
  private static final WireCodec<Rollout> ROLLOUTS = WireCodec.of(Rollout.class);
  private static final Duration POLL = Duration.ofMillis(200);

  /** How often Kafka is asked whether it is there, and how long it may take to answer. */
  private static final long ASK_MS = 3_000;

  private static final int ANSWER_MS = 3_000;
  private static final long RETRY_MS = 1_000;

  /** Read of each partition at start: rounds enough for the curves; dead letters; else all. */
  private static final long ROUNDS_TAIL = 50_000;

  private static final long DEAD_TAIL = 200;

  private final Map<String, Object> client;
  private final FleetMemory memory;
  private final LiveEvents live;
  private final Thread thread = new Thread(this::run, "console-reader");
  private volatile boolean closing;
  private volatile KafkaConsumer<byte[], byte[]> consumer;

  FleetReader(Map<String, Object> client, FleetMemory memory, LiveEvents live) {
    this.client = new HashMap<>(client);
    this.client.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    this.client.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MS);
    this.client.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MS);
    this.memory = memory;
    this.live = live;
  }

  void start() {
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    closing = true;
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
    try {
      thread.join(ANSWER_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing) {
      try (var reading =
          new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
        consumer = reading;
        read(reading);
      } catch (WakeupException e) {
        LOG.debug("the console's reader was woken to end");
      } catch (KafkaException | IllegalStateException e) {
        LOG.warn("the console cannot read its topics ({}); tried again", e.toString());
        problem("the topics cannot be read: " + e.getMessage());
        pause();
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(RETRY_MS);
    } catch (InterruptedException e) {
      closing = true;
    }
  }

  private void read(KafkaConsumer<byte[], byte[]> reading) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic :
        List.of(
            Topics.POLICIES, Topics.ALERTS, Topics.ROLLOUTS, Topics.COHORTS, Topics.DEAD_LETTERS)) {
      reading
          .partitionsFor(topic)
          .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
    }
    reading.assign(partitions);
    Map<TopicPartition, Long> ends = reading.endOffsets(partitions);
    Map<TopicPartition, Long> starts = reading.beginningOffsets(partitions);
    partitions.forEach(p -> reading.seek(p, Math.max(starts.get(p), ends.get(p) - tail(p))));
    long askedMs = System.currentTimeMillis();
    while (!closing) {
      for (ConsumerRecord<byte[], byte[]> record : reading.poll(POLL)) {
        take(record);
      }
      if (!memory.caughtUp()
          && ends.entrySet().stream().allMatch(e -> reading.position(e.getKey()) >= e.getValue())) {
        memory.state(true, "");
        live.all("reload", "{}");
      }
      long nowMs = System.currentTimeMillis();
      if (nowMs - askedMs >= ASK_MS) {
        askedMs = nowMs;
        ask(reading, partitions);
      }
    }
  }

  /** A consumer does not say that its brokers are gone. */
  private void ask(KafkaConsumer<byte[], byte[]> reading, List<TopicPartition> partitions) {
    try {
      reading.endOffsets(partitions);
      memory.state(false, "");
    } catch (org.apache.kafka.common.errors.TimeoutException e) {
      problem("Kafka does not answer; what is shown is what was last read");
    }
  }

  private void problem(String what) {
    memory.state(false, what);
    live.beat();
  }

  private static long tail(TopicPartition partition) {
    return switch (partition.topic()) {
      case Topics.COHORTS -> ROUNDS_TAIL;
      case Topics.DEAD_LETTERS -> DEAD_TAIL;
      default -> Long.MAX_VALUE / 2;
    };
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    if (record.topic().equals(Topics.DEAD_LETTERS)) {
      memory.add(DeadLetter.of(record));
      return;
    }
    if (record.value() == null) {
      return;
    }
    try {
      switch (record.topic()) {
        case Topics.COHORTS -> {
          CohortHealth health = HEALTH.decode(record.value());
          memory.add(health).map(ObjectNode::toString).ifPresent(s -> round(health, s));
        }
        case Topics.ALERTS -> {
          Alert alert = ALERTS.decode(record.value());
          memory.add(alert);
          if (memory.caughtUp()) {
            live.all("alert", Views.alert(alert).toString());
          }
        }
        case Topics.ROLLOUTS -> {
          Rollout rollout = ROLLOUTS.decode(record.value());
          memory.add(rollout);
          if (memory.caughtUp()) {
            live.all("rollout", Views.rollout(rollout).toString());
          }
        }
        case Topics.POLICIES -> {
          String key = record.key() == null ? "" : new String(record.key(), UTF_8);
          memory.add(record.offset(), key, POLICIES.decode(record.value()));
        }
        default -> throw new IllegalStateException("nobody asked for " + record.topic());
      }
    } catch (WireException e) {
      // Whoever decides on it puts it among the dead letters; the page goes without.
      LOG.debug("topic={} offset={}: {}", record.topic(), record.offset(), e.asHeader());
    }
  }

  private void round(CohortHealth health, String summary) {
    if (memory.caughtUp()) {
      live.cohort(health.getCohort(), summary);
    }
  }
}
