package io.fqtfleet.programs;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The operators' side of the config topic: every version ever applied, and one more. */
final class PolicyTopic {
  private static final int TIMEOUT_MS = 15_000;

  private final String bootstrapServers;
  private final WireCodec<Policy> codec = WireCodec.of(Policy.class);

  PolicyTopic(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  /** Every version of every cohort's policy, oldest first. */
  List<Policy> history() {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            TIMEOUT_MS);
    List<Policy> policies = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      TopicPartition only = new TopicPartition(Topics.POLICIES, 0);
      consumer.assign(List.of(only));
      consumer.seekToBeginning(List.of(only));
      long end = consumer.endOffsets(List.of(only)).get(only);
      while (consumer.position(only) < end) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
          try {
            policies.add(codec.decode(record.value()));
          } catch (WireException e) {
            // The streams service puts it into the dead letters; it never was in force.
            continue;
          }
        }
      }
    } catch (KafkaException e) {
      throw notThere("cannot read " + Topics.POLICIES, e);
    }
    return policies;
  }

  private IllegalStateException notThere(String what, Exception cause) {
    return new IllegalStateException(
        "%s: Kafka at %s does not answer within %d s; start it, or correct --kafka"
            .formatted(what, bootstrapServers, TIMEOUT_MS / 1000),
        cause);
  }

  /** The version that a cohort's next policy gets. */
  long nextVersion(String cohort) {
    return history().stream()
            .filter(p -> p.getCohort().equals(cohort))
            .mapToLong(Policy::getVersion)
            .max()
            .orElse(0)
        + 1;
  }

  /** Returns when Kafka has it on all its replicas. */
  void publish(Policy policy) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            TIMEOUT_MS);
    byte[] key = policy.getCohort().getBytes(StandardCharsets.UTF_8);
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(Topics.POLICIES, key, codec.encode(policy)))
          .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw notThere("the policy of " + policy.getCohort() + " was not stored", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while storing a policy", e);
    }
  }
}
