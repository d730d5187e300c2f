package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Reports per second through the production service, and through {@link PassThrough} with the same
 * settings, from the same topic on the same broker, one after the other.
 *
 * <p>The clock runs from the start of the topology until its committed offsets are at the ends of
 * all topics that it reads: of the reports, and for the production topology of the evidence that it
 * made of them, so until the last report is where decisions are made from. Rounds are closed and
 * decided meanwhile, as ever. Afterwards it is checked that every sample was decided on.
 */
final class StreamsBench {
  private static final String PASSING = "bench-pass-through";
  private static final String SERVICE = "bench-streams";
  private static final int ROUND_MS = 2000;
  private static final long TIMEOUT_MS = 15 * 60_000L;
  private static final long LOOK_MS = 100;

  /**
   * The marks of closed rounds go on for ever; so many records per partition are not waited for.
   */
  private static final int EVIDENCE_SLACK = 20;

  /**
   * @param devices whose reports are measured
   * @param reports of each
   * @param restored devices whose state is lost and brought back; 0 = not measured
   * @param threads stream threads of either topology
   */
  record Options(int devices, int reports, int restored, int partitions, int threads) {}

  private final Options options;
  private final Consumer<String> say;

  StreamsBench(Options options, Consumer<String> say) {
    this.options = options;
    this.say = say;
  }

  /** What was measured, each figure under its name with its unit. */
  Map<String, Object> run(Path directory) throws InterruptedException {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("devices", options.devices);
    figures.put("reports", (long) options.devices * options.reports);
    figures.put("cohorts", cohorts(options.devices));
    figures.put("partitions", options.partitions);
    figures.put("threads", options.threads);
    throughput(directory.resolve("throughput"), figures);
    if (options.restored > 0) {
      restore(directory.resolve("restore"), figures);
    }
    return figures;
  }

  private static int cohorts(int devices) {
    return (devices + FleetRecords.COHORT_DEVICES - 1) / FleetRecords.COHORT_DEVICES;
  }

  private void throughput(Path directory, Map<String, Object> figures) throws InterruptedException {
    long total = (long) options.devices * options.reports;
    try (BenchKafka kafka = new BenchKafka(directory.resolve("kafka"), options.partitions)) {
      say.accept("filling Kafka with " + total + " reports ...");
      // The last round is over, so all rounds can be closed at once.
      long spanMs = (long) (options.reports + 3) * ROUND_MS;
      kafka.fill(options.devices, options.reports, System.currentTimeMillis() - spanMs, ROUND_MS);
      StreamsSettings settings = settings(kafka, directory.resolve("warm"));
      say.accept("pass-through topology, to warm up the machine ...");
      passThrough(kafka, settings, PASSING + "-warm-up");
      say.accept("pass-through topology ...");
      long passMs = passThrough(kafka, settings, PASSING);
      say.accept("production topology ...");
      long serviceMs = service(kafka, directory, figures);
      figures.put("passThroughReportsPerSecond", Math.round(1000.0 * total / passMs));
      figures.put("topologyReportsPerSecond", Math.round(1000.0 * total / serviceMs));
      figures.put("ratio", Math.round(1000.0 * passMs / serviceMs) / 1000.0);
    }
  }

  private StreamsSettings settings(BenchKafka kafka, Path state) {
    return new StreamsSettings(
        new StreamsSettings.Kafka(kafka.servers(), options.partitions, null, null),
        new StreamsSettings.Application(
            SERVICE, state.toString(), options.threads, null, null, null),
        new StreamsSettings.Detection((long) Math.max(options.devices, options.restored), null),
        new StreamsSettings.Ops(null, 0),
        null);
  }

  private long passThrough(BenchKafka kafka, StreamsSettings settings, String application)
      throws InterruptedException {
    Properties config = StreamsService.properties(settings);
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
    try (KafkaStreams streams = new KafkaStreams(PassThrough.build(), config)) {
      long began = System.nanoTime();
      streams.start();
      await("the pass-through topology", () -> kafka.isRead(application, Topics.REPORTS, 0));
      return (System.nanoTime() - began) / 1_000_000;
    }
  }

  private long service(BenchKafka kafka, Path directory, Map<String, Object> figures)
      throws InterruptedException {
    long tookMs;
    try (StreamsService service = new StreamsService(settings(kafka, directory.resolve("state")))) {
      long began = System.nanoTime();
      service.start();
      await("the production topology", () -> isThrough(kafka));
      tookMs = (System.nanoTime() - began) / 1_000_000;
      long labelled = (long) options.devices * options.reports * FleetRecords.SAMPLES;
      await("the last rounds", () -> kafka.decided().labelled() >= labelled);
      BenchKafka.Decided decided = kafka.decided();
      if (decided.labelled() != labelled) {
        throw new IllegalStateException(
            "decided on %d of %d samples".formatted(decided.labelled(), labelled));
      }
      figures.put("roundsDecided", decided.rounds());
    }
    return tookMs;
  }

  private static boolean isThrough(BenchKafka kafka) throws InterruptedException {
    Set<String> topics = kafka.topics();
    if (topics.contains(Topics.DEAD_LETTERS) && kafka.size(Topics.DEAD_LETTERS) > 0) {
      throw new IllegalStateException(
          "the topology refuses the measurement's records: the generator no longer fits it");
    }
    return topics.contains(Topics.EVIDENCE)
        && kafka.isRead(SERVICE, Topics.REPORTS, 0)
        && kafka.isRead(SERVICE, Topics.EVIDENCE, EVIDENCE_SLACK);
  }

  private void restore(Path directory, Map<String, Object> figures) throws InterruptedException {
    try (BenchKafka kafka = new BenchKafka(directory.resolve("kafka"), options.partitions)) {
      say.accept("building the state of " + options.restored + " devices ...");
      long startMs = System.currentTimeMillis() - 6L * ROUND_MS;
      kafka.fill(options.restored, 2, startMs, ROUND_MS);
      long labelled = 2L * options.restored * FleetRecords.SAMPLES;
      try (StreamsService service =
          new StreamsService(settings(kafka, directory.resolve("first")))) {
        service.start();
        await("the state", () -> isThrough(kafka) && kafka.decided().labelled() >= labelled);
      }
      delete(directory.resolve("first"));
      say.accept("its state directory is deleted, starting again ...");
      try (StreamsService service =
          new StreamsService(settings(kafka, directory.resolve("second")))) {
        long began = System.nanoTime();
        service.start();
        if (!service.awaitReady(Duration.ofMillis(TIMEOUT_MS))) {
          throw new IllegalStateException("the state did not come back; see the log");
        }
        figures.put("restoredDevices", options.restored);
        figures.put("restoreSeconds", (System.nanoTime() - began) / 100_000_000 / 10.0);
      }
    }
  }

  private interface Condition {
    boolean holds() throws InterruptedException;
  }

  private static void await(String what, Condition condition) throws InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT_MS * 1_000_000;
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            what + " did not finish within " + TIMEOUT_MS / 60_000 + " minutes; see the log");
      }
      Thread.sleep(LOOK_MS);
    }
  }

  static void delete(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot delete " + root, e);
    }
  }
}
