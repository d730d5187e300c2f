package io.fqtfleet.streams.console;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.LayerCounters;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.KafkaProbe;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.topology.SyntheticFleet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Kafka, the service with its console, and devices that report twice a round, take budgets and
 * learn by them, until closed.
 */
final class LiveFleet implements AutoCloseable {
  static final String READ_TOKEN = "token-of-who-looks";
  static final String OPERATOR_TOKEN = "token-of-who-operates";
  private static final int ROUND_MS = 400;
  private static final int SAMPLES = 40;

  /** Five times as many rounds without recovery end an incident: a minute to look at it. */
  private static final int QUIET_ROUNDS = 30;

  private static final int PARTITIONS = 2;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);
  private static final WireCodec<UpdateBudget> BUDGETS = WireCodec.of(UpdateBudget.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);

  final LocalKafka kafka;
  final StreamsService service;
  final SyntheticFleet fleet;
  final KafkaProbe probe;
  private final Path directory;
  private final Thread devices = new Thread(this::live, "devices");
  private String driftedCohort = "";
  private double driftedError;
  private volatile boolean over;

  LiveFleet(Path directory, int cohorts, int perCohort, long seed) throws Exception {
    this.directory = directory;
    kafka = new LocalKafka(directory.resolve("kafka"));
    kafka.start();
    service = instance("state");
    service.start();
    if (!service.awaitReady(Duration.ofSeconds(60))) {
      throw new AssertionError("the service is not ready");
    }
    probe = new KafkaProbe(kafka.bootstrapServers());
    fleet = new SyntheticFleet(cohorts, perCohort, 0.05, seed);
    probe.send(Topics.POLICIES, "*", POLICIES, policy());
    fleet.devices.values().forEach(d -> probe.send(Topics.STATUS, d.id, STATUS, d.status(true)));
    devices.setDaemon(true);
    devices.start();
  }

  /** One more instance of the service. */
  StreamsService instance(String state) {
    return new StreamsService(
        new StreamsSettings(
            new StreamsSettings.Kafka(kafka.bootstrapServers(), PARTITIONS, null, null),
            new StreamsSettings.Application(
                null, directory.resolve(state).toString(), 1, null, null, 32),
            new StreamsSettings.Detection(100L, null),
            new StreamsSettings.Ops(null, 0),
            null,
            new StreamsSettings.Console(READ_TOKEN, OPERATOR_TOKEN, null, null, null)));
  }

  String address() {
    return "http://127.0.0.1:" + service.opsPort();
  }

  private Policy policy() {
    return Policy.newBuilder(Policies.DEFAULT)
        .setVersion(1)
        .setAuthor("set-up")
        .setComment("rounds of %d ms".formatted(ROUND_MS))
        .setRoundMs(ROUND_MS)
        .setQuiet(fast(Policies.DEFAULT.getQuiet()))
        .setDrift(fast(Policies.DEFAULT.getDrift()))
        .setTrial(fast(Policies.DEFAULT.getTrial()))
        .setDriftSettings(
            DriftSettings.newBuilder()
                .setGraceMs(100)
                .setWarmupReports(6)
                .setLagReports(4)
                .setQuietRounds(QUIET_ROUNDS)
                .build())
        .build();
  }

  private BudgetTerms fast(BudgetTerms terms) {
    return BudgetTerms.newBuilder(terms).setReportIntervalMs(ROUND_MS).build();
  }

  private void live() {
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            kafka.bootstrapServers(),
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    try (var budgets =
        new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> all =
          List.of(new TopicPartition(Topics.BUDGETS, 0), new TopicPartition(Topics.BUDGETS, 1));
      budgets.assign(all);
      budgets.seekToBeginning(all);
      while (!over) {
        long nextMs = System.currentTimeMillis() + ROUND_MS / 2;
        synchronized (fleet) {
          fleet.drift(driftedCohort, driftedError);
          fleet.devices.values().forEach(this::report);
        }
        probe.flush();
        do {
          budgets.poll(Duration.ofMillis(ROUND_MS / 4)).forEach(this::take);
        } while (System.currentTimeMillis() < nextMs);
      }
    }
  }

  /** With the last layer's gradient, which grows with the error. */
  private void report(SyntheticFleet.Device device) {
    TrainingReport report = device.report(SAMPLES / 2);
    long wrong = report.getSamplesLabelled() - report.getSamplesCorrect();
    LayerCounters layer =
        new LayerCounters(
            wrong * (3L << 24) + report.getSamplesLabelled() * (1L << 20),
            report.getSamplesLabelled(),
            0L,
            1L << 24,
            1L << 22,
            1L << 20,
            report.getSamplesTrained(),
            40L << 24,
            report.getSamplesTrained() * 12,
            report.getSamplesTrained() * 96,
            0L,
            report.getSamplesSeen() * 32,
            0L,
            report.getSamplesSeen() * 4,
            0L,
            report.getSamplesTrained(),
            report.getSamplesTrained() * 4);
    probe.send(
        Topics.REPORTS,
        device.id,
        REPORTS,
        TrainingReport.newBuilder(report).setLayers(List.of(layer)).build());
  }

  private void take(ConsumerRecord<String, byte[]> record) {
    try {
      UpdateBudget budget = BUDGETS.decode(record.value());
      SyntheticFleet.Device device = fleet.devices.get(budget.getDevice());
      synchronized (fleet) {
        device.apply(budget);
      }
      BudgetAck ack =
          BudgetAck.newBuilder()
              .setDevice(device.id)
              .setBootCounter(1)
              .setBootNonce(device.status(true).getBootNonce())
              .setUptimeMs(1)
              .setAnsweredVersion(budget.getVersion())
              .setOutcome(AckOutcome.APPLIED)
              .setRefusal(RefusalReason.NONE)
              .setField("")
              .setVersionInForce(budget.getVersion())
              .setTermsInForce(budget.getTerms())
              .build();
      probe.send(Topics.ACKS, device.id, ACKS, ack);
    } catch (WireException e) {
      throw new AssertionError("an unreadable budget", e);
    }
  }

  /** From now on the devices of a cohort err so often, whatever they learn. */
  void drift(String cohort, double error) {
    synchronized (fleet) {
      driftedCohort = cohort;
      driftedError = error;
    }
  }

  /** They learn as their budgets allow. */
  void letLearn() {
    synchronized (fleet) {
      driftedCohort = "";
    }
  }

  @Override
  public void close() throws Exception {
    over = true;
    devices.join();
    probe.close();
    service.close();
    kafka.close();
  }
}
