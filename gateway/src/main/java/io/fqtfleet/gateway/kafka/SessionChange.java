package io.fqtfleet.gateway.kafka;

import io.fqtfleet.schemas.Topics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * A change of the number of sessions, as Kafka remembers it until it is finished: in the metadata
 * of an offset that the group {@code <uplink.group>-drain} has committed. While it stands no
 * gateway starts, whatever number it is set to.
 *
 * @param emptied all that the old sessions held is in Kafka; only they and the topic are left to do
 */
public record SessionChange(int from, int to, boolean emptied) {
  private static final Pattern TEXT = Pattern.compile("sessions (\\d+) to (\\d+)( emptied)?");

  /** Any topic that is always there; the offset itself says nothing. */
  private static final TopicPartition PLACE = new TopicPartition(Topics.DEAD_LETTERS, 0);

  private static final long RECREATE_PAUSE_MS = 200;
  private static final int RECREATE_ATTEMPTS_MAX = 50;

  /** What is remembered; empty if no change is under way. */
  public static Optional<SessionChange> pending(Admin admin, String group)
      throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> offsets;
    try {
      offsets =
          await(
              admin
                  .listConsumerGroupOffsets(drainGroup(group))
                  .partitionsToOffsetAndMetadata(drainGroup(group)));
    } catch (GroupIdNotFoundException e) {
      return Optional.empty();
    }
    OffsetAndMetadata at = offsets.get(PLACE);
    Matcher text = TEXT.matcher(at == null ? "" : at.metadata());
    return text.matches()
        ? Optional.of(
            new SessionChange(
                Integer.parseInt(text.group(1)),
                Integer.parseInt(text.group(2)),
                text.group(3) != null))
        : Optional.empty();
  }

  /**
   * Called at a gateway's start.
   *
   * @throws KafkaTopics.MismatchException if a change is not finished
   */
  public static void refuseUnfinished(Admin admin, String group) throws InterruptedException {
    Optional<SessionChange> change = pending(admin, group);
    if (change.isPresent()) {
      throw new KafkaTopics.MismatchException(
          ("the change from %d to %d MQTT sessions is not finished: messages may wait in the old"
                  + " ones. Finish it: deploy/fleet gateway drain --config FILE --sessions %d, then"
                  + " start with uplink.sessions %d.")
              .formatted(change.get().from, change.get().to, change.get().to, change.get().to));
    }
  }

  /** Clients and hosts of the gateways that run at this moment. */
  public static List<String> running(Admin admin, String group) throws InterruptedException {
    try {
      return await(admin.describeConsumerGroups(List.of(group)).all()).get(group).members().stream()
          .map(member -> member.clientId() + " at " + member.host())
          .toList();
    } catch (GroupIdNotFoundException e) {
      return List.of();
    }
  }

  /** Stays until {@link #forget}, also when this program ends. */
  public void remember(Admin admin, String group) throws InterruptedException {
    String text = "sessions %d to %d%s".formatted(from, to, emptied ? " emptied" : "");
    await(
        admin
            .alterConsumerGroupOffsets(
                drainGroup(group), Map.of(PLACE, new OffsetAndMetadata(0, text)))
            .all());
  }

  public void forget(Admin admin, String group) throws InterruptedException {
    try {
      await(admin.deleteConsumerGroups(List.of(drainGroup(group))).all());
    } catch (GroupIdNotFoundException e) {
      // Somebody else did it.
      return;
    }
  }

  /** Gives {@code fqt.sessions.v1} the new number of partitions. */
  public void resize(Admin admin) throws InterruptedException {
    int found = KafkaTopics.sessions(admin);
    if (found == to) {
      return;
    }
    if (found != KafkaTopics.NO_TOPIC && found < to) {
      await(admin.createPartitions(Map.of(Topics.SESSIONS, NewPartitions.increaseTo(to))).all());
      return;
    }
    if (found != KafkaTopics.NO_TOPIC) {
      await(admin.deleteTopics(List.of(Topics.SESSIONS)).all());
    }
    recreate(admin);
  }

  /** A deleted topic's name may be taken for a moment more. */
  private void recreate(Admin admin) throws InterruptedException {
    Topics.Spec spec =
        Topics.kafka(1, to).stream().filter(s -> s.name().equals(Topics.SESSIONS)).findAny().get();
    for (int attempt = 1; ; attempt++) {
      try {
        NewTopic fresh =
            new NewTopic(spec.name(), Optional.of(spec.partitions()), Optional.empty())
                .configs(spec.settings());
        await(admin.createTopics(List.of(fresh)).all());
        break;
      } catch (TopicExistsException e) {
        if (attempt == RECREATE_ATTEMPTS_MAX) {
          throw e;
        }
        Thread.sleep(RECREATE_PAUSE_MS);
      }
    }
    for (int attempt = 1; KafkaTopics.sessions(admin) != to; attempt++) {
      if (attempt == RECREATE_ATTEMPTS_MAX) {
        throw new KafkaException(Topics.SESSIONS + " did not get " + to + " partitions");
      }
      Thread.sleep(RECREATE_PAUSE_MS);
    }
  }

  private static String drainGroup(String group) {
    return group + "-drain";
  }

  private static <T> T await(KafkaFuture<T> future) throws InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KafkaException kafka) {
        throw kafka;
      }
      throw new KafkaException("a request to Kafka failed", e.getCause());
    }
  }
}
