package io.fqtfleet.streams;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.topology.Names;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the topics that are missing and checks that a device's topics are co-partitioned. */
final class StreamsTopics {
  private static final Logger LOG = LoggerFactory.getLogger(StreamsTopics.class);

  /** Read by one task per partition, so a device must have the same partition in each. */
  private static final List<String> OF_A_DEVICE =
      List.of(Topics.REPORTS, Topics.STATUS, Topics.ACKS, Topics.DEVICES, Topics.BUDGETS);

  /** The same for an alert. */
  private static final List<String> OF_AN_ALERT = List.of(Topics.ALERTS, Topics.FEEDBACK);

  private StreamsTopics() {}

  /** What is in Kafka cannot work; an operator must decide. */
  static final class MismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MismatchException(String message) {
      super(message);
    }
  }

  /**
   * @throws KafkaException if Kafka isn't there; try again
   * @throws MismatchException if topics that must agree in partitions do not
   */
  static void ensure(Admin admin, StreamsSettings settings) throws InterruptedException {
    StreamsSettings.Kafka kafka = settings.kafka();
    // The gateway makes the topic of its sessions: only it knows how many there are.
    List<Topics.Spec> specs = new ArrayList<>(Topics.kafka(kafka.partitions(), 1));
    specs.removeIf(spec -> spec.name().equals(Topics.SESSIONS));
    specs.add(
        new Topics.Spec(
            Names.adoptedPolicies(settings.application().id()),
            1,
            Map.of("cleanup.policy", "compact")));
    Set<String> missing = new HashSet<>();
    specs.forEach(spec -> missing.add(spec.name()));
    missing.removeAll(await(admin.listTopics().names()));
    Optional<Short> replication =
        Optional.ofNullable(kafka.replicationFactor()).map(Integer::shortValue);
    List<NewTopic> fresh =
        specs.stream()
            .filter(spec -> missing.contains(spec.name()))
            .map(
                spec ->
                    new NewTopic(spec.name(), Optional.of(spec.partitions()), replication)
                        .configs(spec.settings()))
            .toList();
    create(admin, fresh);
    checkPartitions(admin, "a device", OF_A_DEVICE);
    checkPartitions(admin, "an alert", OF_AN_ALERT);
  }

  private static void create(Admin admin, List<NewTopic> fresh) throws InterruptedException {
    if (fresh.isEmpty()) {
      return;
    }
    Map<String, KafkaFuture<Void>> created = admin.createTopics(fresh).values();
    for (NewTopic topic : fresh) {
      try {
        await(created.get(topic.name()));
        LOG.info("topic={} partitions={} created", topic.name(), topic.numPartitions());
      } catch (TopicExistsException e) {
        LOG.info("topic={} was created by another program meanwhile", topic.name());
      }
    }
  }

  private static void checkPartitions(Admin admin, String whose, List<String> topics)
      throws InterruptedException {
    Map<String, Integer> counts = new TreeMap<>();
    await(admin.describeTopics(topics).allTopicNames())
        .forEach((topic, described) -> counts.put(topic, described.partitions().size()));
    if (new TreeSet<>(counts.values()).size() > 1) {
      throw new MismatchException(
          ("these topics must have the same number of partitions, so that one task sees all of %s:"
                  + " %s. Make them equal (kafka-topics --alter only adds partitions"
                  + " and moves keys; with data in them, recreate them while the gateway is"
                  + " stopped), then start again.")
              .formatted(whose, counts));
    }
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
