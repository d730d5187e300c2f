package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.apache.kafka.streams.KafkaStreams;

/**
 * Reports per second through the production service, and through {@link PassThrough} with the same
 * settings, from the same topic on the same broker, in turns.
 *
 * <p>The clock runs from the topology's state RUNNING until its committed offsets are at the ends
 * of all topics that it reads: of the reports, and for the production topology of the evidence that
 * it made of them, so until the last report is where decisions are made from. Rounds are closed and
 * decided meanwhile, as ever. Afterwards it is checked that every sample was decided on.
 */
final class StreamsBench {
  private static final String PASSING = "bench-pass-through";
  private static final String SERVICE = "bench-streams";
  private static final int ROUND_MS = 2000;
  private static final long TIMEOUT_MS = 15 * 60_000L;
  private static final long LOOK_MS = 50;

  /** How often all that was decided is read again. */
  private static final long SELDOM_MS = 2000;

  /** Rounds while the state of a large fleet is built. */
  private static final int RESTORE_ROUND_MS = 20_000;

  private static final long START_LOOK_MS = 5;

  /**
   * The marks of closed rounds go on for ever; so many records per partition are not waited for.
   */
  private static final int EVIDENCE_SLACK = 20;

  /**
   * @param devices whose reports are measured
   * @param perCohort devices of each cohort
   * @param reports of each
   * @param restored devices whose state is lost and brought back; 0 = not measured
   * @param threads stream threads of either topology
   * @param runs measured pairs of both topologies; the medians are stated
   */
  record Options(
      int devices,
      int perCohort,
      int reports,
      int restored,
      int partitions,
      int threads,
      int runs) {}

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
    figures.put("cohorts", (options.devices + options.perCohort - 1) / options.perCohort);
    figures.put("partitions", options.partitions);
    figures.put("threads", options.threads);
    if (options.runs > 0) {
      throughput(directory.resolve("throughput"), figures);
    }
    if (options.restored > 0) {
      restore(directory.resolve("restore"), figures);
    }
    return figures;
  }

  private void throughput(Path directory, Map<String, Object> figures) throws InterruptedException {
    long total = (long) options.devices * options.reports;
    List<Pair> pairs = new ArrayList<>();
    try (BenchKafka kafka = new BenchKafka(directory.resolve("kafka"), options.partitions)) {
      say.accept("filling Kafka with " + total + " reports ...");
      // The last round is over, so all rounds can be closed at once.
      long spanMs = (long) (options.reports + 3) * ROUND_MS;
      long startMs = System.currentTimeMillis() - spanMs;
      kafka.fill(options.devices, options.perCohort, options.reports, startMs, ROUND_MS);
      Set<String> filled = kafka.topics();
      // The first pair only warms up the machine and the compiler.
      for (int run = 0; run <= options.runs; run++) {
        Path state = directory.resolve("run-" + run);
        StreamsSettings settings = settings(kafka, state.resolve("service"), SERVICE + "-" + run);
        long passMs = passThrough(kafka, settings(kafka, state, PASSING + "-" + run));
        long serviceMs = service(kafka, settings, figures);
        Pair pair = new Pair(1000.0 * total / passMs, 1000.0 * total / serviceMs);
        say.accept(
            "%s: pass-through %.0f reports/s, production %.0f, ratio %.3f"
                .formatted(
                    run == 0 ? "warm-up" : "run " + run, pair.pass, pair.service, pair.ratio()));
        if (run > 0) {
          pairs.add(pair);
        }
        kafka.deleteAllBut(filled);
        delete(state);
      }
    }
    figures.put("passThroughReportsPerSecond", Math.round(median(pairs, Pair::pass)));
    figures.put("topologyReportsPerSecond", Math.round(median(pairs, Pair::service)));
    figures.put("ratioMedian", Math.round(1000 * median(pairs, Pair::ratio)) / 1000.0);
  }

  /** Reports per second of the two topologies, one right after the other. */
  private record Pair(double pass, double service) {
    double ratio() {
      return service / pass;
    }
  }

  private static double median(List<Pair> pairs, ToDoubleFunction<Pair> figure) {
    double[] sorted = pairs.stream().mapToDouble(figure).sorted().toArray();
    return 0.5 * (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]);
  }

  private StreamsSettings settings(BenchKafka kafka, Path state, String id) {
    return new StreamsSettings(
        new StreamsSettings.Kafka(kafka.servers(), options.partitions, null, null),
        new StreamsSettings.Application(id, state.toString(), options.threads, null, null, null),
        new StreamsSettings.Detection((long) Math.max(options.devices, options.restored), null),
        new StreamsSettings.Ops(null, 0),
        null,
        null);
  }

  private static long passThrough(BenchKafka kafka, StreamsSettings settings)
      throws InterruptedException {
    String id = settings.application().id();
    Properties config = StreamsService.properties(settings);
    try (KafkaStreams streams = new KafkaStreams(PassThrough.build(), config)) {
      streams.start();
      await("the start", START_LOOK_MS, () -> streams.state() == KafkaStreams.State.RUNNING);
      long began = System.nanoTime();
      await("the pass-through topology", LOOK_MS, () -> kafka.isRead(id, Topics.REPORTS, 0));
      return (System.nanoTime() - began) / 1_000_000;
    }
  }

  private long service(BenchKafka kafka, StreamsSettings settings, Map<String, Object> figures)
      throws InterruptedException {
    long tookMs;
    try (StreamsService service = new StreamsService(settings)) {
      service.start();
      ready(service);
      long began = System.nanoTime();
      String id = settings.application().id();
      await("the production topology", LOOK_MS, () -> isThrough(kafka, id));
      tookMs = (System.nanoTime() - began) / 1_000_000;
      long labelled = (long) options.devices * options.reports * FleetRecords.SAMPLES;
      await("the last rounds", LOOK_MS, () -> kafka.decided().labelled() >= labelled);
      BenchKafka.Decided decided = kafka.decided();
      if (decided.labelled() != labelled) {
        throw new IllegalStateException(
            "decided on %d of %d samples".formatted(decided.labelled(), labelled));
      }
      figures.put("roundsDecided", decided.rounds());
      figures.put("roundsInIncident", decided.incidents());
    }
    return tookMs;
  }

  private static void ready(StreamsService service) throws InterruptedException {
    if (!service.awaitReady(Duration.ofMillis(TIMEOUT_MS))) {
      throw new IllegalStateException("the topology did not come up; see the log");
    }
  }

  private static boolean isThrough(BenchKafka kafka, String id) throws InterruptedException {
    nothingIsRefused(kafka);
    return kafka.isRead(id, Topics.REPORTS, 0) && kafka.isRead(id, Topics.EVIDENCE, EVIDENCE_SLACK);
  }

  private static void nothingIsRefused(BenchKafka kafka) throws InterruptedException {
    if (kafka.size(Topics.DEAD_LETTERS) > 0) {
      throw new IllegalStateException(
          "the topology refuses the measurement's records: the generator no longer fits it");
    }
  }

  private static boolean isDecided(BenchKafka kafka, long labelled) throws InterruptedException {
    nothingIsRefused(kafka);
    return kafka.decided().labelled() >= labelled;
  }

  private void restore(Path directory, Map<String, Object> figures) throws InterruptedException {
    try (BenchKafka kafka = new BenchKafka(directory.resolve("kafka"), options.partitions)) {
      say.accept("building the state of " + options.restored + " devices ...");
      // Each round reads and writes the state of all devices: with short rounds nothing else is
      // done.
      kafka.setRound(RESTORE_ROUND_MS);
      long startMs = System.currentTimeMillis() - 3L * RESTORE_ROUND_MS;
      kafka.fill(options.restored, options.perCohort, 2, startMs, RESTORE_ROUND_MS);
      long labelled = 2L * options.restored * FleetRecords.SAMPLES;
      try (StreamsService service =
          new StreamsService(settings(kafka, directory.resolve("first"), SERVICE))) {
        service.start();
        ready(service);
        await("the state", SELDOM_MS, () -> isDecided(kafka, labelled));
      }
      delete(directory.resolve("first"));
      figures.put("restoredDevices", options.restored);
      figures.put("changelogMegabytes", kafka.bytes("-changelog") / 100_000 / 10.0);
      say.accept("its state directory is deleted, starting again ...");
      try (StreamsService service =
          new StreamsService(settings(kafka, directory.resolve("second"), SERVICE))) {
        long began = System.nanoTime();
        service.start();
        ready(service);
        figures.put("restoreSeconds", (System.nanoTime() - began) / 100_000_000 / 10.0);
      }
      figures.put("stateMegabytes", size(directory.resolve("second")) / 100_000 / 10.0);
    }
  }

  private interface Condition {
    boolean holds() throws InterruptedException;
  }

  private static void await(String what, long lookMs, Condition condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT_MS * 1_000_000;
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            what + " did not finish within " + TIMEOUT_MS / 60_000 + " minutes; see the log");
      }
      Thread.sleep(lookMs);
    }
  }

  /** Bytes of all files. */
  private static long size(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + root, e);
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
