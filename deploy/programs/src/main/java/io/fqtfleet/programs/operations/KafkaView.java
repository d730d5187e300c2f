package io.fqtfleet.programs.operations;

import io.fqtfleet.schemas.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/** Kafka as an operator sees it: brokers, topics and their settings. */
final class KafkaView implements AutoCloseable {
  private static final int TIMEOUT_MS = 10_000;
  private static final long LOOK_MS = 50;
  private static final String FEATURE_LEVEL = "metadata.version";

  private final String servers;
  private final Admin admin;

  KafkaView(String servers) {
    this.servers = servers;
    this.admin =
        Admin.create(
            Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MS));
  }

  int brokers() {
    return await(admin.describeCluster().nodes()).size();
  }

  /** What all brokers have agreed on; a broker's own number is not told to clients. */
  String version() {
    var level =
        await(admin.describeFeatures().featureMetadata()).finalizedFeatures().get(FEATURE_LEVEL);
    return FEATURE_LEVEL + " " + (level == null ? "not told" : level.maxVersionLevel());
  }

  /** Partitions of all our topics that have fewer replicas in sync than they should. */
  List<String> underReplicated(Set<String> names) {
    List<String> behind = new ArrayList<>();
    descriptions(names)
        .forEach(
            (name, topic) ->
                topic.partitions().stream()
                    .filter(p -> p.isr().size() < p.replicas().size() || p.leader() == null)
                    .forEach(p -> behind.add(name + "[" + p.partition() + "]")));
    return behind;
  }

  /** Those of the names that exist. */
  Map<String, TopicPlan.Actual> topics(List<Topics.Spec> specs) {
    Set<String> there = new java.util.HashSet<>(await(admin.listTopics().names()));
    there.retainAll(specs.stream().map(Topics.Spec::name).toList());
    List<ConfigResource> resources = there.stream().map(KafkaView::resource).toList();
    Map<ConfigResource, Config> configs = await(admin.describeConfigs(resources).all());
    Map<String, TopicPlan.Actual> topics = new HashMap<>();
    descriptions(there)
        .forEach(
            (name, topic) -> {
              Map<String, String> settings = new HashMap<>();
              configs.get(resource(name)).entries().forEach(e -> settings.put(e.name(), e.value()));
              topics.put(name, new TopicPlan.Actual(topic.partitions().size(), settings));
            });
    return topics;
  }

  private Map<String, TopicDescription> descriptions(Set<String> names) {
    return await(admin.describeTopics(names).allTopicNames());
  }

  private static ConfigResource resource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }

  /** Returns when the brokers tell of it. */
  void create(Topics.Spec spec, Short replication) {
    NewTopic topic =
        new NewTopic(spec.name(), Optional.of(spec.partitions()), Optional.ofNullable(replication))
            .configs(spec.settings());
    await(admin.createTopics(List.of(topic)).all());
    awaitSeen(spec.name(), () -> topics(List.of(spec)).containsKey(spec.name()));
  }

  /** Returns when the brokers tell of it. */
  void set(String topic, String setting, String value) {
    AlterConfigOp op = new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET);
    await(admin.incrementalAlterConfigs(Map.of(resource(topic), List.of(op))).all());
    awaitSeen(topic, () -> value.equals(setting(topic, setting)));
  }

  private String setting(String topic, String setting) {
    Config config =
        await(admin.describeConfigs(List.of(resource(topic))).all()).get(resource(topic));
    return config.get(setting).value();
  }

  /** What the controller has done reaches the brokers that are asked a moment later. */
  private void awaitSeen(String topic, BooleanSupplier seen) {
    long deadline = System.nanoTime() + TIMEOUT_MS * 1_000_000L;
    while (!seen.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s was changed, but Kafka at %s does not tell of it after %d s; ask again"
                .formatted(topic, servers, TIMEOUT_MS / 1000));
      }
      try {
        Thread.sleep(LOOK_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while asking Kafka", e);
      }
    }
  }

  private <T> T await(KafkaFuture<T> future) {
    try {
      return future.get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
      throw new IllegalStateException(
          "Kafka at %s did not do it within %d s; start it, or correct --kafka"
              .formatted(servers, TIMEOUT_MS / 1000),
          cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking Kafka", e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}
