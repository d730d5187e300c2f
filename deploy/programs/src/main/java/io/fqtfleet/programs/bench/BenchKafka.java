package io.fqtfleet.programs.bench;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.budget.Policies;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The broker of a measurement: filled before, watched from outside while it runs. */
final class BenchKafka implements AutoCloseable {
  private static final int LOOKS_MAX = 200;
  private static final long LOOK_MS = 50;

  private final LocalKafka kafka;
  private final Admin admin;

  BenchKafka(Path directory, int partitions) throws InterruptedException {
    kafka = new LocalKafka(directory);
    kafka.start();
    admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers()));
    List<NewTopic> topics =
        List.of(Topics.REPORTS, Topics.STATUS, PassThrough.OUTPUT).stream()
            .map(name -> new NewTopic(name, partitions, (short) 1))
            .toList();
    try {
      admin.createTopics(topics).all().get();
      admin.createTopics(List.of(new NewTopic(Topics.POLICIES, 1, (short) 1))).all().get();
    } catch (ExecutionException e) {
      close();
      throw new IllegalStateException("the topics of the measurement were not made", e);
    }
  }

  String servers() {
    return kafka.bootstrapServers();
  }

  /**
   * Writes a status and then so many reports per device, interleaved as a fleet's would be.
   *
   * @param perCohort devices of each cohort
   */
  void fill(int devices, int perCohort, int reports, long startMs, int roundMs) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            servers(),
            ProducerConfig.LINGER_MS_CONFIG,
            20,
            ProducerConfig.BATCH_SIZE_CONFIG,
            1 << 17);
    try (var producer =
        new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
      for (int d = 0; d < devices; d++) {
        send(producer, Topics.STATUS, startMs, d, FleetRecords.status(d, d / perCohort));
      }
      CalmFleet fleet = new CalmFleet(devices);
      for (int r = 1; r <= reports; r++) {
        long atMs = startMs + (long) (r - 1) * roundMs + roundMs / 2;
        for (int d = 0; d < devices; d++) {
          send(producer, Topics.REPORTS, atMs, d, fleet.report(d));
        }
      }
    }
  }

  /** All cohorts close a round each so many milliseconds. */
  void setRound(int roundMs) {
    setRound(roundMs, Policies.DEFAULT.getDriftSettings().getWarmupReports());
  }

  /**
   * The same with a shorter warm-up.
   *
   * @return how long after its end a round waits for late reports
   */
  long setRound(int roundMs, int warmupReports) {
    Policy policy =
        Policy.newBuilder(Policies.DEFAULT)
            .setVersion(1)
            .setRoundMs(roundMs)
            .setDriftSettings(
                DriftSettings.newBuilder(Policies.DEFAULT.getDriftSettings())
                    .setWarmupReports(warmupReports)
                    .build())
            .build();
    Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, servers());
    try (var producer =
        new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
      byte[] value = WireCodec.of(Policy.class).encode(policy);
      producer.send(new ProducerRecord<>(Topics.POLICIES, policy.getCohort(), value));
    }
    return policy.getDriftSettings().getGraceMs();
  }

  /** One report of every device of one cohort. */
  void report(CalmFleet fleet, int devices, boolean first, long atMs) {
    Map<String, Object> config = Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, servers());
    try (var producer =
        new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
      for (int d = 0; d < devices && first; d++) {
        send(producer, Topics.STATUS, atMs, d, FleetRecords.status(d, 0));
      }
      for (int d = 0; d < devices; d++) {
        send(producer, Topics.REPORTS, atMs, d, fleet.report(d));
      }
    }
  }

  private static void send(
      KafkaProducer<String, byte[]> producer, String topic, long atMs, int device, byte[] value) {
    producer.send(new ProducerRecord<>(topic, null, atMs, FleetRecords.device(device), value));
  }

  /** Records of a topic, those that only mark transactions included. */
  long size(String topic) throws InterruptedException {
    return ends(topic).values().stream().mapToLong(Long::longValue).sum();
  }

  private Map<TopicPartition, Long> ends(String topic) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetSpec> ask =
          admin
              .describeTopics(List.of(topic))
              .allTopicNames()
              .get()
              .get(topic)
              .partitions()
              .stream()
              .collect(
                  Collectors.toMap(
                      p -> new TopicPartition(topic, p.partition()), p -> OffsetSpec.latest()));
      return admin.listOffsets(ask).all().get().entrySet().stream()
          .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
    } catch (ExecutionException e) {
      throw new IllegalStateException("the ends of " + topic + " are unknown", e);
    }
  }

  /**
   * True if the group has committed all of the topic, but for so many records per partition.
   *
   * @param slack for topics that get new records all the time, markers of transactions among them
   */
  boolean isRead(String group, String topic, int slack) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetAndMetadata> committed =
          admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      for (Map.Entry<TopicPartition, Long> end : ends(topic).entrySet()) {
        OffsetAndMetadata offset = committed.get(end.getKey());
        if (end.getValue() > 0 && (offset == null || offset.offset() + slack < end.getValue())) {
          return false;
        }
      }
      return true;
    } catch (ExecutionException e) {
      return false;
    }
  }

  /** Bytes that the broker keeps of all topics whose names end so. */
  long bytes(String suffix) throws InterruptedException {
    try {
      List<Integer> brokers = admin.describeCluster().nodes().get().stream().map(Node::id).toList();
      return admin.describeLogDirs(brokers).allDescriptions().get().values().stream()
          .flatMap(directories -> directories.values().stream())
          .flatMap(directory -> directory.replicaInfos().entrySet().stream())
          .filter(replica -> replica.getKey().topic().endsWith(suffix))
          .mapToLong(replica -> replica.getValue().size())
          .sum();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka does not tell how much it keeps", e);
    }
  }

  /** Names of all topics. */
  Set<String> topics() throws InterruptedException {
    try {
      return admin.listTopics().names().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka does not list its topics", e);
    }
  }

  /** What a run made of the records that were filled in. */
  void deleteAllBut(Set<String> kept) throws InterruptedException {
    Set<String> made = new TreeSet<>(topics());
    made.removeAll(kept);
    try {
      admin.deleteTopics(made).all().get();
      for (int look = 0; !Collections.disjoint(topics(), made); look++) {
        if (look == LOOKS_MAX) {
          throw new IllegalStateException("Kafka does not delete " + made);
        }
        Thread.sleep(LOOK_MS);
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the topics of a run were not deleted", e);
    }
  }

  /**
   * What was decided and committed.
   *
   * @param labelled samples that it rests on
   * @param incidents rounds in which a cohort had one: a calm fleet has none
   */
  record Decided(long rounds, long labelled, long incidents) {}

  Decided decided() throws InterruptedException {
    long labelled = 0;
    long incidents = 0;
    List<CohortHealth> all = health();
    for (CohortHealth health : all) {
      labelled += health.getSamplesLabelled();
      incidents += health.getIncident() == null ? 0 : 1;
    }
    return new Decided(all.size(), labelled, incidents);
  }

  /** Every round that was decided and committed. */
  List<CohortHealth> health() throws InterruptedException {
    Map<TopicPartition, Long> ends = ends(Topics.COHORTS);
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            servers(),
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    WireCodec<CohortHealth> codec = WireCodec.of(CohortHealth.class);
    List<CohortHealth> all = new ArrayList<>();
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(ends.keySet());
      consumer.seekToBeginning(ends.keySet());
      Map<TopicPartition, Long> last = consumer.endOffsets(ends.keySet());
      while (last.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          all.add(codec.decode(record.value()));
        }
      }
    } catch (WireException e) {
      throw new IllegalStateException("the topology wrote what cannot be read", e);
    }
    return all;
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(5));
    kafka.close();
  }
}
