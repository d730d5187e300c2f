package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.Contract;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.KafkaProbe;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.ops.MetricReference;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service on a real broker. */
class StreamsServiceIT {
  private static final int ROUND_MS = 250;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUS = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<Policy> POLICIES = WireCodec.of(Policy.class);

  @TempDir Path directory;
  private long labelledSent;

  private StreamsService service(LocalKafka kafka, String state) {
    StreamsSettings settings =
        new StreamsSettings(
            new StreamsSettings.Kafka(kafka.bootstrapServers(), 2, null, null),
            new StreamsSettings.Application(
                null, directory.resolve(state).toString(), 2, null, null, 32),
            new StreamsSettings.Detection(100L, null),
            new StreamsSettings.Ops(null, 0),
            null,
            null);
    return new StreamsService(settings);
  }

  private static Policy fastPolicy(long version) {
    return Policy.newBuilder(Policies.DEFAULT)
        .setVersion(version)
        .setRoundMs(ROUND_MS)
        .setQuiet(fast(Policies.DEFAULT.getQuiet()))
        .setDrift(fast(Policies.DEFAULT.getDrift()))
        .setTrial(fast(Policies.DEFAULT.getTrial()))
        .setDriftSettings(
            DriftSettings.newBuilder().setGraceMs(100).setWarmupReports(6).setLagReports(4).build())
        .build();
  }

  private static io.fqtfleet.schemas.BudgetTerms fast(io.fqtfleet.schemas.BudgetTerms terms) {
    return io.fqtfleet.schemas.BudgetTerms.newBuilder(terms).setReportIntervalMs(ROUND_MS).build();
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited 60 s for: " + what);
      Thread.sleep(50);
    }
  }

  private void report(KafkaProbe probe, SyntheticFleet fleet, int rounds)
      throws InterruptedException {
    for (int i = 0; i < rounds; i++) {
      for (SyntheticFleet.Device device : fleet.devices.values()) {
        probe.send(Topics.REPORTS, device.id, REPORTS, device.report(40));
        labelledSent += 40;
      }
      probe.flush();
      Thread.sleep(ROUND_MS);
    }
  }

  @Test
  void aRestartThatLosesLocalStateLosesAndRepeatsNoDecision() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"))) {
      kafka.start();
      SyntheticFleet fleet = new SyntheticFleet(2, 6, 0.05, 1);
      try (KafkaProbe probe = new KafkaProbe(kafka.bootstrapServers())) {
        try (StreamsService first = service(kafka, "first")) {
          first.start();
          assertTrue(first.awaitReady(Duration.ofSeconds(60)), "not ready");
          probe.send(Topics.POLICIES, "*", POLICIES, fastPolicy(1));
          await("the policy", () -> adopted(first) == 1);
          fleet
              .devices
              .values()
              .forEach(d -> probe.send(Topics.STATUS, d.id, STATUS, d.status(true)));
          report(probe, fleet, 12);
        }
        deleteAll(directory.resolve("first"));
        report(probe, fleet, 2);
        fleet.drift("line-1", 0.6);
        try (StreamsService second = service(kafka, "second")) {
          second.start();
          report(probe, fleet, 14);
          await("all samples", () -> new CommittedDecisions(probe).labelled() >= labelledSent);
        }
        assertEquals(labelledSent, new CommittedDecisions(probe).labelled(), "samples decided on");
        CommittedDecisions committed = new CommittedDecisions(probe);
        committed.checkRoundsAndBudgets(12, 18);
        committed.checkReplay();
        List<ConsumerRecord<String, byte[]>> dead = probe.committed(Topics.DEAD_LETTERS);
        assertEquals(List.of(), dead.stream().map(StreamsServiceIT::reason).toList());
      }
    }
  }

  private static long adopted(StreamsService service) {
    return service.meters().value("policies", Map.of("fate", "ADOPTED"));
  }

  private static String reason(ConsumerRecord<String, byte[]> record) {
    return new String(record.headers().lastHeader(Headers.REASON).value(), StandardCharsets.UTF_8);
  }

  @Test
  void aBrokerThatIsNotThereYetIsWaitedForAndHealthSaysSo() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"));
        StreamsService service = service(kafka, "state")) {
      service.start();
      await(
          "a cause",
          () ->
              get(service, "/readyz").contains("waiting for Kafka at " + kafka.bootstrapServers()));
      assertEquals("ok\n", get(service, "/healthz"));
      kafka.start();
      assertTrue(service.awaitReady(Duration.ofSeconds(60)), get(service, "/readyz"));
      assertEquals("ok\n", get(service, "/readyz"));
      String metrics = get(service, "/metrics");
      assertTrue(metrics.contains("fqt_streams_running 1.0"), metrics);
      assertEquals(List.of(), unknown(metrics), "the reference knows every metric");
      for (String one :
          List.of(
              "fqt_streams_alive_stream_threads 2.0",
              "fqt_streams_build{contract=\"" + Contract.fingerprint(),
              "jvm_memory_used_bytes{area=\"heap\"",
              "kafka_stream_thread_process_total{",
              "kafka_stream_thread_commit_latency_avg{",
              "kafka_consumer_fetch_manager_records_lag_max{",
              "kafka_producer_record_send_total{")) {
        assertTrue(metrics.contains("\n" + one), one + " is not in " + metrics);
      }
    }
  }

  private static List<String> unknown(String metrics) {
    String reference = MetricReference.table();
    return metrics
        .lines()
        .filter(line -> line.startsWith("# TYPE ") && !line.contains("_gc_pause_seconds_max"))
        .map(line -> "| `%s` | %s |".formatted((Object[]) line.substring(7).split(" ")))
        .filter(row -> !reference.contains(row))
        .toList();
  }

  @Test
  void badInputBecomesDeadLettersAndTheRestGoesOn() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"));
        StreamsService service = service(kafka, "state");
        KafkaProbe probe = new KafkaProbe(kafka.bootstrapServers())) {
      kafka.start();
      service.start();
      assertTrue(service.awaitReady(Duration.ofSeconds(60)));
      SyntheticFleet.Device device = new SyntheticFleet.Device("d1", "line", 0.1, 1);
      probe.sendBytes(Topics.REPORTS, "d1", new byte[] {1, 2, 3});
      probe.sendBytes(Topics.REPORTS, null, REPORTS.encode(device.report(5)));
      probe.send(Topics.REPORTS, "other", REPORTS, device.report(5));
      Policy bad = Policy.newBuilder(fastPolicy(1)).setRoundMs(5).build();
      probe.send(Topics.POLICIES, "*", POLICIES, bad);
      probe.sendBytes(Topics.EVIDENCE, "line", new byte[20]);
      probe.send(Topics.STATUS, "d1", STATUS, device.status(true));
      probe.flush();
      await("dead letters", () -> probe.committed(Topics.DEAD_LETTERS).size() == 5);
      List<String> reasons =
          probe.committed(Topics.DEAD_LETTERS).stream()
              .map(StreamsServiceIT::reason)
              .sorted()
              .toList();
      assertTrue(reasons.get(0).startsWith("NOT_SINGLE_OBJECT: 20 bytes"), reasons.toString());
      assertTrue(reasons.get(1).startsWith("NOT_SINGLE_OBJECT: 3 bytes"), reasons.toString());
      assertTrue(
          reasons.get(2).startsWith("OUT_OF_RANGE: roundMs: 5 is not in"), reasons.toString());
      assertTrue(reasons.get(4).contains("has the key 'other'"), reasons.toString());
      assertTrue(reasons.get(3).contains("the key 'null'"), reasons.toString());
      await("first budget", () -> probe.committed(Topics.BUDGETS).size() == 1);
    }
  }

  private static String get(StreamsService service, String path) {
    URI uri = URI.create("http://127.0.0.1:" + service.opsPort() + path);
    try {
      return HttpClient.newHttpClient()
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new AssertionError(uri + " does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static void deleteAll(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    }
  }
}
