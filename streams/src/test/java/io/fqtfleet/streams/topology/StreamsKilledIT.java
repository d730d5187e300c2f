package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.KafkaProbe;
import io.fqtfleet.streams.StreamsMain;
import io.fqtfleet.streams.budget.Policies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service in a process of its own, killed (kill -9) in the middle of its transactions. */
class StreamsKilledIT {
  private static final int ROUND_MS = 250;
  private static final int SAMPLES = 40;
  private static final int COHORTS = 2;
  private static final int PER_COHORT = 12;
  private static final int KILLS = 2;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);
  private static final WireCodec<Alert> ALERTS = WireCodec.of(Alert.class);

  @TempDir Path directory;
  private final SyntheticFleet fleet = new SyntheticFleet(COHORTS, PER_COHORT, 0.05, 1);
  private long labelledSent;

  private Process start(LocalKafka kafka, String run) throws IOException {
    Path config = directory.resolve("streams.yaml");
    // A dead member is missed after two seconds instead of ten, so that the test is short.
    Files.writeString(
        config,
        """
        kafka:
          bootstrapServers: %s
          partitions: 2
          client:
            main.consumer.session.timeout.ms: "2000"
            main.consumer.heartbeat.interval.ms: "500"
        application: {stateDirectory: %s, threads: 2, rocksDbMegabytes: 32}
        detection: {fleetDevices: 100}
        ops: {port: 0}
        """
            .formatted(kafka.bootstrapServers(), directory.resolve("state")));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            StreamsMain.class.getName(),
            config.toString())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve(run + ".log").toFile())
        .start();
  }

  private static BudgetTerms fast(BudgetTerms terms) {
    return BudgetTerms.newBuilder(terms).setReportIntervalMs(ROUND_MS).build();
  }

  private static Policy policy() {
    return Policy.newBuilder(Policies.DEFAULT)
        .setVersion(1)
        .setRoundMs(ROUND_MS)
        .setQuiet(fast(Policies.DEFAULT.getQuiet()))
        .setDrift(fast(Policies.DEFAULT.getDrift()))
        .setTrial(fast(Policies.DEFAULT.getTrial()))
        .setDriftSettings(
            DriftSettings.newBuilder().setGraceMs(100).setWarmupReports(6).setLagReports(4).build())
        .build();
  }

  /** Every device reports, again and again, until the time is over. */
  private void load(KafkaProbe probe, long ms) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    while (System.nanoTime() < end) {
      for (SyntheticFleet.Device device : fleet.devices.values()) {
        probe.send(Topics.REPORTS, device.id, REPORTS, device.report(SAMPLES));
        labelledSent += SAMPLES;
      }
      probe.flush();
      Thread.sleep(50);
    }
  }

  private static void awaitDecided(KafkaProbe probe, long labelled, Path log)
      throws InterruptedException, IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (new CommittedDecisions(probe).labelled() < labelled) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "decided on %d of %d samples within 60 s; the process said: %s"
                .formatted(
                    new CommittedDecisions(probe).labelled(),
                    labelled,
                    Files.exists(log) ? Files.readString(log) : "nothing"));
      }
      Thread.sleep(400);
    }
  }

  @Test
  void aKilledProcessLosesNothingAndDoesNothingTwice() throws Exception {
    long seed = System.nanoTime();
    Random when = new Random(seed);
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"))) {
      kafka.start();
      Process process = start(kafka, "run-0");
      try (KafkaProbe probe = new KafkaProbe(kafka.bootstrapServers())) {
        awaitTopics(probe);
        probe.send(Topics.POLICIES, "*", POLICIES, policy());
        fleet
            .devices
            .values()
            .forEach(d -> probe.send(Topics.STATUS, d.id, STATUS, d.status(true)));
        load(probe, 1500);
        awaitDecided(probe, 1, directory.resolve("run-0.log"));
        for (int kill = 1; kill <= KILLS; kill++) {
          load(probe, 1000 + when.nextInt(1000));
          if (kill == 2) {
            fleet.drift("line-1", 0.6);
          }
          process.destroyForcibly().waitFor();
          load(probe, 300);
          process = start(kafka, "run-" + kill);
          long due = labelledSent;
          load(probe, 500);
          awaitDecided(probe, due, directory.resolve("run-" + kill + ".log"));
        }
        awaitDecided(probe, labelledSent, directory.resolve("run-" + KILLS + ".log"));
        // Stopped in good order: what is compared below no longer grows.
        process.destroy();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "the service does not stop");
        String story = "kills at random moments, seed " + seed;
        assertEquals(labelledSent, new CommittedDecisions(probe).labelled(), story);
        CommittedDecisions committed = new CommittedDecisions(probe);
        committed.checkRoundsAndBudgets(COHORTS * PER_COHORT, COHORTS * PER_COHORT);
        committed.checkReplay();
        Set<String> states = new HashSet<>();
        List<Alert> alerts = probe.committed(Topics.ALERTS, ALERTS);
        alerts.forEach(
            a -> assertTrue(states.add(a.getId() + a.getStatus() + a.getUpdatedAtMs()), story));
        assertTrue(
            alerts.stream().anyMatch(a -> a.getKey().equals("line-1")), story + ": " + alerts);
        assertEquals(List.of(), probe.committed(Topics.DEAD_LETTERS), story);
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }

  /** The service makes them once it runs; a producer that asks earlier would only log errors. */
  private static void awaitTopics(KafkaProbe probe) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!probe.exists(Topics.POLICIES)) {
      assertTrue(System.nanoTime() < deadline, "the service made no topics within 60 s");
      Thread.sleep(100);
    }
  }
}
