package io.fqtfleet.gateway.kafka;

import io.fqtfleet.schemas.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the topics that are missing and refuses a number of sessions that does not fit. */
public final class KafkaTopics {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaTopics.class);

  /** {@link #sessions} where the topic is missing. */
  public static final int NO_TOPIC = 0;

  private static final int COPIES_WANTED = 2;

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
    Set<String> missing = missing(admin, specs);
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

  private static Set<String> missing(Admin admin, List<Topics.Spec> specs)
      throws InterruptedException {
    Set<String> missing = new TreeSet<>();
    specs.forEach(spec -> missing.add(spec.name()));
    missing.removeAll(await(admin.listTopics().names()));
    return missing;
  }

  /** What a start would find; {@code oddities} are sentences. */
  public record Survey(int brokers, Set<String> missing, List<String> oddities) {}

  /**
   * Looks without changing anything.
   *
   * @throws KafkaException if Kafka isn't there
   */
  public static Survey survey(Admin admin, List<Topics.Spec> specs) throws InterruptedException {
    int brokers = await(admin.describeCluster().nodes()).size();
    Set<String> missing = missing(admin, specs);
    List<String> present =
        specs.stream().map(Topics.Spec::name).filter(name -> !missing.contains(name)).toList();
    Map<String, TopicDescription> described = await(admin.describeTopics(present).allTopicNames());
    List<String> oddities = new ArrayList<>();
    for (Topics.Spec spec : specs) {
      TopicDescription found = described.get(spec.name());
      if (found == null || spec.name().equals(Topics.SESSIONS)) {
        continue;
      }
      int copies = found.partitions().get(0).replicas().size();
      if (copies < Math.min(brokers, COPIES_WANTED)) {
        oddities.add(
            "%s has %d copies of its data on %d brokers; losing one broker may lose it"
                .formatted(spec.name(), copies, brokers));
      }
      if (found.partitions().size() != spec.partitions()) {
        oddities.add(
            "%s has %d partitions, kafka.partitions is %d; that counts for new topics only"
                .formatted(spec.name(), found.partitions().size(), spec.partitions()));
      }
    }
    return new Survey(brokers, missing, oddities);
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

  /**
   * The number of sessions must be that of the partitions, if there are any yet.
   *
   * @throws MismatchException if {@code fqt.sessions.v1} has another number of partitions
   */
  public static void checkSessions(Admin admin, int sessions) throws InterruptedException {
    int found = sessions(admin);
    if (found != NO_TOPIC && found != sessions) {
      throw new MismatchException(
          ("uplink.sessions is %d, but the topic %s has %d partitions, one per MQTT session that"
                  + " the broker may hold messages for. Set uplink.sessions to %d. To change the"
                  + " number: stop all gateways, run deploy/fleet gateway drain --config FILE"
                  + " --sessions %d, then start them with the new number.")
              .formatted(sessions, Topics.SESSIONS, found, found, sessions));
    }
  }

  /** The number of sessions that Kafka knows, or {@link #NO_TOPIC}. */
  public static int sessions(Admin admin) throws InterruptedException {
    try {
      return await(admin.describeTopics(List.of(Topics.SESSIONS)).allTopicNames())
          .get(Topics.SESSIONS)
          .partitions()
          .size();
    } catch (UnknownTopicOrPartitionException e) {
      return NO_TOPIC;
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
