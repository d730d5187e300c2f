package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.ops.Meters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.test.TestRecord;

/** The production topology in a TopologyTestDriver, with a clock that tests move. */
final class DriverRig implements AutoCloseable, FleetStory.Rig {
  static final long START_MS = 1_700_000_000_000L / 2000 * 2000;
  static final int ROUND_MS = 2000;
  static final String APPLICATION = "fqt-test";
  static final FleetTopology.Settings SETTINGS =
      new FleetTopology.Settings(APPLICATION, 200, 60_000);

  static final List<String> OUTPUTS =
      List.of(
          Topics.BUDGETS,
          Topics.DECISIONS,
          Topics.ALERTS,
          Topics.COHORTS,
          Topics.EVIDENCE,
          Topics.ROLLOUTS,
          Topics.STATUS,
          Topics.DEAD_LETTERS);

  final Meters meters = new Meters();
  final TopologyTestDriver driver;
  private final Path directory;
  private final Map<String, List<ProducerRecord<String, byte[]>>> written = new HashMap<>();
  private final Map<String, TestInputTopic<String, byte[]>> inputs = new HashMap<>();
  private final Map<String, TestOutputTopic<String, byte[]>> outputs = new HashMap<>();
  private final Map<Class<?>, WireCodec<?>> codecs = new HashMap<>();

  private int budgetsRead;

  /** With its stores in memory: the driver commits after each record, which RocksDB writes down. */
  DriverRig() {
    this(FleetTopology.build(SETTINGS, new Meters(), Stores::inMemoryKeyValueStore));
  }

  DriverRig(Topology topology) {
    this(topology, START_MS);
  }

  DriverRig(Topology topology, long startMs) {
    try {
      directory = Files.createTempDirectory("fqt-streams-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
    config.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 1 << 20);
    driver = new TopologyTestDriver(topology, config, Instant.ofEpochMilli(startMs));
  }

  void send(String topic, String key, byte[] value, long atMs) {
    inputs
        .computeIfAbsent(
            topic,
            t -> driver.createInputTopic(t, new StringSerializer(), new ByteArraySerializer()))
        .pipeInput(new TestRecord<>(key, value, new RecordHeaders(), atMs));
  }

  @Override
  public void send(DeviceStatus status, long atMs) {
    send(Topics.STATUS, status.getDevice(), encode(status), atMs);
  }

  @Override
  public void send(TrainingReport report, long atMs) {
    send(Topics.REPORTS, report.getDevice(), encode(report), atMs);
  }

  @Override
  public void send(BudgetAck ack, long atMs) {
    send(Topics.ACKS, ack.getDevice(), encode(ack), atMs);
  }

  void send(Policy policy, long atMs) {
    send(Topics.POLICIES, policy.getCohort(), encode(policy), atMs);
  }

  void send(AlertFeedback feedback, long atMs) {
    send(Topics.FEEDBACK, feedback.getAlertId(), encode(feedback), atMs);
  }

  void send(RolloutCommand command, long atMs) {
    send(Topics.ROLLOUT_COMMANDS, command.getCohort(), encode(command), atMs);
  }

  List<Rollout> rollouts() {
    return read(Topics.ROLLOUTS, Rollout.class);
  }

  /** Moves the wall clock, in steps in which the topology looks at it. */
  @Override
  public void advance(long ms) {
    for (long moved = 0; moved < ms; moved += 100) {
      driver.advanceWallClockTime(Duration.ofMillis(100));
    }
    drain();
  }

  /** Takes what was written since; reading outputs does it by itself. */
  private void drain() {
    for (String topic : OUTPUTS) {
      List<ProducerRecord<String, byte[]>> records =
          written.computeIfAbsent(topic, t -> new ArrayList<>());
      var output = outputs.computeIfAbsent(topic, this::output);
      while (!output.isEmpty()) {
        TestRecord<String, byte[]> r = output.readRecord();
        records.add(
            new ProducerRecord<>(topic, null, r.timestamp(), r.key(), r.value(), r.getHeaders()));
      }
    }
  }

  private TestOutputTopic<String, byte[]> output(String topic) {
    return driver.createOutputTopic(topic, new StringDeserializer(), new ByteArrayDeserializer());
  }

  List<ProducerRecord<String, byte[]>> written(String topic) {
    drain();
    return written.getOrDefault(topic, List.of());
  }

  /** All that was written to a topic, as text that two runs can be compared by. */
  List<String> lines(String topic) {
    return written(topic).stream()
        .map(r -> r.timestamp() + " " + r.key() + " " + HexFormat.of().formatHex(r.value()))
        .toList();
  }

  List<Alert> alerts() {
    return read(Topics.ALERTS, Alert.class);
  }

  List<UpdateBudget> budgets() {
    return budgetsAfter(0);
  }

  @Override
  public List<UpdateBudget> freshBudgets() {
    List<UpdateBudget> fresh = budgetsAfter(budgetsRead);
    budgetsRead = written(Topics.BUDGETS).size();
    return fresh;
  }

  List<UpdateBudget> budgetsAfter(int first) {
    List<ProducerRecord<String, byte[]>> all = written(Topics.BUDGETS);
    return read(
        all.subList(first, all.size()).stream().filter(r -> r.value() != null).toList(),
        UpdateBudget.class);
  }

  List<Decision> decisions() {
    return read(Topics.DECISIONS, Decision.class);
  }

  List<CohortHealth> health() {
    return read(Topics.COHORTS, CohortHealth.class);
  }

  <T extends SpecificRecord> List<T> read(String topic, Class<T> type) {
    return read(written(topic), type);
  }

  private <T extends SpecificRecord> List<T> read(
      List<ProducerRecord<String, byte[]>> records, Class<T> type) {
    WireCodec<T> codec = codec(type);
    List<T> values = new ArrayList<>();
    for (ProducerRecord<String, byte[]> record : records) {
      try {
        values.add(codec.decode(record.value()));
      } catch (WireException e) {
        throw new AssertionError("unreadable record in " + record.topic(), e);
      }
    }
    return values;
  }

  @SuppressWarnings("unchecked")
  private <T extends SpecificRecord> WireCodec<T> codec(Class<T> type) {
    return (WireCodec<T>) codecs.computeIfAbsent(type, t -> WireCodec.of(type));
  }

  @SuppressWarnings("unchecked")
  private <T extends SpecificRecord> byte[] encode(T value) {
    return codec((Class<T>) value.getClass()).encode(value);
  }

  @Override
  public void close() {
    driver.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
