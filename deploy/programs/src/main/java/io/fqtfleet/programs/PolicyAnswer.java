package io.fqtfleet.programs;

import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.topology.Names;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * What the streams service makes of a policy. Opened before the policy is sent, so that no answer
 * is missed.
 */
final class PolicyAnswer implements AutoCloseable {
  private static final int TIMEOUT_MS = 15_000;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);

  /** What it says. */
  enum Kind {
    ADOPTED,
    REFUSED,
    /** It does not run, or not here. */
    NONE
  }

  /**
   * @param words why it was refused; else empty
   */
  record Answer(Kind kind, String words) {}

  private final KafkaConsumer<String, byte[]> consumer;

  /**
   * @param applicationId of the streams service
   */
  PolicyAnswer(String bootstrapServers, String applicationId) {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false,
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            TIMEOUT_MS);
    consumer = new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer());
    try {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : List.of(Names.adoptedPolicies(applicationId), Topics.DEAD_LETTERS)) {
        var known = consumer.partitionsFor(topic);
        if (known != null) {
          known.forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
        }
      }
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  /** Waits for the answer to this very policy. */
  Answer await(Policy policy, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (!consumer.assignment().isEmpty() && System.nanoTime() < end) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        if (isAbout(record, policy)) {
          return record.topic().equals(Topics.DEAD_LETTERS)
              ? new Answer(Kind.REFUSED, header(record, Headers.REASON))
              : new Answer(Kind.ADOPTED, "");
        }
      }
    }
    return new Answer(Kind.NONE, "");
  }

  private static boolean isAbout(ConsumerRecord<String, byte[]> record, Policy policy) {
    if (!policy.getCohort().equals(record.key()) || record.value() == null) {
      return false;
    }
    if (record.topic().equals(Topics.DEAD_LETTERS)
        && !Topics.POLICIES.equals(header(record, Headers.SOURCE_TOPIC))) {
      return false;
    }
    try {
      return POLICIES.decode(record.value()).equals(policy);
    } catch (WireException e) {
      // Another operator's, of a version of ours that this one does not know.
      return false;
    }
  }

  private static String header(ConsumerRecord<String, byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
