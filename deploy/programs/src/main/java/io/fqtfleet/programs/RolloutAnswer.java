package io.fqtfleet.programs;

import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
 * What becomes of a command to a rollout: a step of it in the audit, by its author, or a refusal.
 * Opened before the command is sent, so that no answer is missed.
 */
final class RolloutAnswer implements AutoCloseable {
  private static final int TIMEOUT_MS = 15_000;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final WireCodec<Decision> DECISIONS = WireCodec.of(Decision.class);
  private static final WireCodec<RolloutCommand> COMMANDS = WireCodec.of(RolloutCommand.class);

  /** How it ended. */
  enum Kind {
    OBEYED,
    REFUSED,
    /** The cohort's round has not ended yet, or streams does not run. */
    NONE
  }

  /**
   * @param words of the audit, or why it was refused
   */
  record Answer(Kind kind, String words) {}

  private final String cohort;
  private final KafkaConsumer<String, byte[]> consumer;

  RolloutAnswer(String bootstrapServers, String cohort) {
    this.cohort = cohort;
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                TIMEOUT_MS),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    try {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : List.of(Topics.DECISIONS, Topics.DEAD_LETTERS)) {
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

  /** Waits for the answer to this command. */
  Answer await(RolloutCommand command, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (!consumer.assignment().isEmpty() && System.nanoTime() < end) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        Answer answer = answer(record, command);
        if (answer != null) {
          return answer;
        }
      }
    }
    return new Answer(Kind.NONE, "");
  }

  /** Null: the record is about something else. */
  private Answer answer(ConsumerRecord<String, byte[]> record, RolloutCommand command) {
    if (!cohort.equals(record.key()) || record.value() == null) {
      return null;
    }
    if (record.topic().equals(Topics.DEAD_LETTERS)) {
      boolean itself = Arrays.equals(record.value(), COMMANDS.encode(command));
      return itself ? new Answer(Kind.REFUSED, reason(record)) : null;
    }
    try {
      Decision step = DECISIONS.decode(record.value());
      return step.getDevice() == null ? answer(step.getSentence(), command) : null;
    } catch (WireException e) {
      // Of a version of ours that this one does not know.
      return null;
    }
  }

  /** The audit begins with the author, or with the action and its author. */
  private static Answer answer(String sentence, RolloutCommand command) {
    String author = command.getAuthor();
    if (sentence.startsWith("%s by %s was refused:".formatted(command.getAction(), author))) {
      return new Answer(Kind.REFUSED, sentence);
    }
    return sentence.startsWith(author + " " + verb(command) + " ")
        ? new Answer(Kind.OBEYED, sentence)
        : null;
  }

  private static String verb(RolloutCommand command) {
    return switch (command.getAction()) {
      case PAUSE -> "paused";
      case RESUME -> "resumed";
      case APPROVE -> "approved";
      case ABORT -> "aborted";
      default -> throw new IllegalArgumentException("no command is called " + command.getAction());
    };
  }

  private static String reason(ConsumerRecord<String, byte[]> record) {
    Header header = record.headers().lastHeader(Headers.REASON);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
