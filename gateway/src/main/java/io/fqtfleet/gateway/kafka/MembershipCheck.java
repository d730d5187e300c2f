package io.fqtfleet.gateway.kafka;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntToLongFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the group's coordinator whether this member still owns a partition: a commit with the
 * member's generation is refused unless it does. What the member believes by itself may be old, for
 * example after a long pause.
 */
final class MembershipCheck {
  private static final Logger LOG = LoggerFactory.getLogger(MembershipCheck.class);
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

  private record Question(int partition, CompletableFuture<Boolean> answer) {}

  private final String topic;
  private final Queue<Question> questions = new ArrayDeque<>();

  MembershipCheck(String topic) {
    this.topic = topic;
  }

  /** True if the coordinator confirmed; called by a connection's thread, which waits. */
  boolean owns(int partition) {
    Question question = new Question(partition, new CompletableFuture<>());
    synchronized (questions) {
      questions.add(question);
    }
    try {
      return question.answer.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.info("partition={} the group gave no answer in {}", partition, ANSWER_TIMEOUT);
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("answers never fail", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Answers what was asked; called by the consumer's thread between polls.
   *
   * @param offsets what may be committed for a partition without changing anything
   */
  void answer(Consumer<?, ?> consumer, IntToLongFunction offsets) {
    for (Question next = poll(); next != null; next = poll()) {
      next.answer.complete(confirm(consumer, next.partition, offsets));
    }
  }

  private Question poll() {
    synchronized (questions) {
      return questions.poll();
    }
  }

  private boolean confirm(Consumer<?, ?> consumer, int partition, IntToLongFunction offsets) {
    TopicPartition asked = new TopicPartition(topic, partition);
    if (!consumer.assignment().contains(asked)) {
      return false;
    }
    try {
      OffsetAndMetadata offset = new OffsetAndMetadata(offsets.applyAsLong(partition));
      consumer.commitSync(Map.of(asked, offset), ANSWER_TIMEOUT);
      return true;
    } catch (KafkaException e) {
      LOG.info("partition={} ownership not confirmed: {}", partition, e.toString());
      return false;
    }
  }
}
