package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import io.fqtfleet.streams.budget.Policies;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The streams service in this JVM, and the alerts that it raises. */
final class StreamsWatch implements AutoCloseable {
  private static final Duration READY_TIMEOUT = Duration.ofSeconds(90);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int FLEET = 100;
  private static final int ROUND_MS = 2_000;

  private final String servers;
  private final StreamsService service;

  StreamsWatch(String servers, Path state) throws InterruptedException {
    this.servers = servers;
    publishPolicy();
    service = new StreamsService(StreamsSettings.of(servers, state, FLEET));
    service.start();
    if (!service.awaitReady(READY_TIMEOUT)) {
      service.close();
      throw new IllegalStateException(
          "streams is not ready after " + READY_TIMEOUT.toSeconds() + " s; see the log");
    }
  }

  /** Rounds of two seconds, so that a scenario sees several of them. */
  private void publishPolicy() {
    Policy policy =
        Policy.newBuilder(Policies.DEFAULT)
            .setCohort(Topics.ANY_COHORT)
            .setVersion(1)
            .setRoundMs(ROUND_MS)
            .build();
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", servers),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.send(
          new ProducerRecord<>(
              Topics.POLICIES, Topics.ANY_COHORT, WireCodec.of(Policy.class).encode(policy)));
      producer.flush();
    }
  }

  /** The first alert of this kind that was raised after a moment; waits for it. */
  Optional<Alert> await(AlertKind kind, long sinceMs, Duration timeout) {
    WireCodec<Alert> codec = WireCodec.of(Alert.class);
    long deadline = System.nanoTime() + timeout.toNanos();
    Map<String, Object> settings =
        Map.of("bootstrap.servers", servers, "isolation.level", "read_committed");
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.ALERTS).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (System.nanoTime() < deadline) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
          Alert alert = codec.decode(record.value());
          if (alert.getKind() == kind && alert.getRaisedAtMs() >= sinceMs) {
            return Optional.of(alert);
          }
        }
      }
      return Optional.empty();
    } catch (WireException e) {
      throw new IllegalStateException("streams wrote an unreadable alert", e);
    }
  }

  @Override
  public void close() {
    service.close();
  }
}
