package io.fqtfleet.programs;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
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

/** The operators' side of alerts: reads their states, says what one thinks of them. */
final class AlertTopics {
  private static final int TIMEOUT_MS = 15_000;
  private static final Duration POLL = Duration.ofMillis(500);

  private final String bootstrapServers;
  private final WireCodec<Alert> alerts = WireCodec.of(Alert.class);
  private final WireCodec<AlertFeedback> feedback = WireCodec.of(AlertFeedback.class);

  AlertTopics(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  /** The last state of every alert, the one that was raised first first. */
  List<Alert> current() {
    Map<String, Alert> last = new LinkedHashMap<>();
    read(alert -> last.put(alert.getId(), alert), states -> {});
    return raisedFirst(last.values());
  }

  /** Shows the last state of every alert, then each new state until the thread is interrupted. */
  void follow(Consumer<Alert> show) {
    Map<String, Alert> last = new LinkedHashMap<>();
    read(
        alert -> last.put(alert.getId(), alert),
        consumer -> {
          raisedFirst(last.values()).forEach(show);
          while (!Thread.currentThread().isInterrupted()) {
            poll(consumer, show);
          }
        });
  }

  private static List<Alert> raisedFirst(Collection<Alert> alerts) {
    return alerts.stream()
        .sorted(
            java.util.Comparator.comparingLong(Alert::getRaisedAtMs).thenComparing(Alert::getId))
        .toList();
  }

  private void read(Consumer<Alert> each, Consumer<KafkaConsumer<byte[], byte[]>> whenAllAreRead) {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            TIMEOUT_MS);
    try (var consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(Topics.ALERTS).stream()
              .map(p -> new TopicPartition(Topics.ALERTS, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        poll(consumer, each);
      }
      whenAllAreRead.accept(consumer);
    } catch (org.apache.kafka.common.errors.InterruptException stopped) {
      // Ctrl-C while following; the consumer is closed, nothing else to do.
      Thread.currentThread().interrupt();
    } catch (KafkaException e) {
      throw notThere("cannot read " + Topics.ALERTS, e);
    }
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer, Consumer<Alert> each) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      try {
        each.accept(alerts.decode(record.value() == null ? new byte[0] : record.value()));
      } catch (WireException e) {
        throw new IllegalStateException(
            "%s[%d]@%d is no alert that this version can read: %s"
                .formatted(record.topic(), record.partition(), record.offset(), e.asHeader()),
            e);
      }
    }
  }

  /** The last state of one alert. */
  Alert find(String id) {
    return current().stream()
        .filter(alert -> alert.getId().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is no alert '%s'; 'alerts' lists all with their ids".formatted(id)));
  }

  /** Returns when Kafka has the verdict on all its replicas. */
  void publish(AlertFeedback verdict, Alert on) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            TIMEOUT_MS);
    byte[] key = verdict.getAlertId().getBytes(StandardCharsets.UTF_8);
    // This machine's clock may be behind; a verdict never comes before what it is about.
    long atMs = Math.max(verdict.getGivenAtMs(), on.getUpdatedAtMs());
    try (var producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(Topics.FEEDBACK, null, atMs, key, feedback.encode(verdict)))
          .get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw notThere("the verdict on " + verdict.getAlertId() + " was not stored", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while storing a verdict", e);
    }
  }

  private IllegalStateException notThere(String what, Exception cause) {
    return new IllegalStateException(
        "%s: Kafka at %s does not answer within %d s; start it, or correct --kafka"
            .formatted(what, bootstrapServers, TIMEOUT_MS / 1000),
        cause);
  }
}
