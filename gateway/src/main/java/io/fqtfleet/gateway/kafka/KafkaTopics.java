package io.fqtfleet.gateway.kafka;

import io.fqtfleet.schemas.Topics;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the topics that are missing and refuses a number of sessions that does not fit. */
public final class KafkaTopics {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaTopics.class);

  private KafkaTopics() {}

  /** The settings contradict what is in Kafka; an operator must decide. */
  public static final class MismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
      super(message);
    }
  }

  /**
   * Creates what is missing, with the cluster's default replication factor.
   *
   * @throws KafkaException if Kafka isn't there; try again
   * @throws MismatchException if {@code fqt.sessions.v1} has another number of partitions
   */
  public static void ensure(Admin admin, int partitions, int sessions) throws InterruptedException {
    List<Topics.Spec> specs = Topics.kafka(partitions, sessions);
    Set<String> missing = new HashSet<>();
    specs.forEach(spec -> missing.add(spec.name()));
    missing.removeAll(await(admin.listTopics().names()));
    List<NewTopic> fresh = new ArrayList<>();
    for (Topics.Spec spec : specs) {
      if (missing.contains(spec.name())) {
        fresh.add(
            new NewTopic(spec.name(), Optional.of(spec.partitions()), Optional.empty())
                .configs(spec.settings()));
      }
    }
    if (!fresh.isEmpty()) {
      create(admin, fresh);
    }
    checkSessions(admin, sessions);
  }

  private static void create(Admin admin, List<NewTopic> fresh) throws InterruptedException {
    Map<String, org.apache.kafka.common.KafkaFuture<Void>> created =
        admin.createTopics(fresh).values();
    for (NewTopic topic : fresh) {
      try {
        await(created.get(topic.name()));
        LOG.info("topic={} partitions={} created", topic.name(), topic.numPartitions());
      } catch (TopicExistsException e) {
        // Another program was faster; the check below sees what it made.
        LOG.info("topic={} was created by another program meanwhile", topic.name());
      }
    }
  }

  private static void checkSessions(Admin admin, int sessions) throws InterruptedException {
    Map<String, TopicDescription> described =
        await(admin.describeTopics(List.of(Topics.SESSIONS)).allTopicNames());
    int found = described.get(Topics.SESSIONS).partitions().size();
    if (found != sessions) {
      throw new MismatchException(
          ("uplink.sessions is %d, but the topic %s has %d partitions, one per MQTT session that"
                  + " the broker may hold messages for. Set uplink.sessions to %d. To change the"
                  + " number: let a gateway with the old number run until the devices are stopped"
                  + " and its sessions are empty, stop it, delete the topic and the old sessions"
                  + " (fqt-gateway-up-*) at the broker, then start with the new number.")
              .formatted(sessions, Topics.SESSIONS, found, found));
    }
  }

  private static <T> T await(org.apache.kafka.common.KafkaFuture<T> future)
      throws InterruptedException {
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
