package io.fqtfleet.programs;

import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.topology.Names;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the streams service makes of a policy. Opened before the policy is sent. */
final class PolicyAnswer implements AutoCloseable {
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

  private final AnswerTopics topics;

  /**
   * @param applicationId of the streams service
   */
  PolicyAnswer(String bootstrapServers, String applicationId) {
    topics =
        new AnswerTopics(
            bootstrapServers, List.of(Names.adoptedPolicies(applicationId), Topics.DEAD_LETTERS));
  }

  /** Waits for the answer to this very policy. */
  Answer await(Policy policy, Duration patience) {
    return topics.await(patience, record -> answer(record, policy), new Answer(Kind.NONE, ""));
  }

  private static Answer answer(ConsumerRecord<String, byte[]> record, Policy policy) {
    if (!isAbout(record, policy)) {
      return null;
    }
    return record.topic().equals(Topics.DEAD_LETTERS)
        ? new Answer(Kind.REFUSED, AnswerTopics.header(record, Headers.REASON))
        : new Answer(Kind.ADOPTED, "");
  }

  private static boolean isAbout(ConsumerRecord<String, byte[]> record, Policy policy) {
    if (!policy.getCohort().equals(record.key()) || record.value() == null) {
      return false;
    }
    if (record.topic().equals(Topics.DEAD_LETTERS)
        && !Topics.POLICIES.equals(AnswerTopics.header(record, Headers.SOURCE_TOPIC))) {
      return false;
    }
    try {
      return POLICIES.decode(record.value()).equals(policy);
    } catch (WireException e) {
      // Another operator's, of a version of ours that this one does not know.
      return false;
    }
  }

  @Override
  public void close() {
    topics.close();
  }
}
