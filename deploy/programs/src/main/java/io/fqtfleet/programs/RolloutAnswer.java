package io.fqtfleet.programs;

import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What becomes of a command to a rollout: a step of it in the audit, by its author, or a refusal.
 * Opened before the command is sent.
 */
final class RolloutAnswer implements AutoCloseable {
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
  private final AnswerTopics topics;

  RolloutAnswer(String bootstrapServers, String cohort) {
    this.cohort = cohort;
    topics = new AnswerTopics(bootstrapServers, List.of(Topics.DECISIONS, Topics.DEAD_LETTERS));
  }

  /** Waits for the answer to this command. */
  Answer await(RolloutCommand command, Duration patience) {
    return topics.await(patience, record -> answer(record, command), new Answer(Kind.NONE, ""));
  }

  /** Null: the record is about something else. */
  private Answer answer(ConsumerRecord<String, byte[]> record, RolloutCommand command) {
    if (!cohort.equals(record.key()) || record.value() == null) {
      return null;
    }
    if (record.topic().equals(Topics.DEAD_LETTERS)) {
      boolean itself = Arrays.equals(record.value(), COMMANDS.encode(command));
      return itself ? new Answer(Kind.REFUSED, AnswerTopics.header(record, Headers.REASON)) : null;
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

  @Override
  public void close() {
    topics.close();
  }
}
