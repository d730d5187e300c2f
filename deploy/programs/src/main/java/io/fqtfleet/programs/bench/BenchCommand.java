package io.fqtfleet.programs.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fleet bench}: how fast the services are on this machine. */
@Command(name = "bench", description = "how fast the services are on this machine")
public final class BenchCommand {
  private static final Duration SOAK_MIN = Duration.ofSeconds(20);
  private static final Duration SOAK_MAX = Duration.ofHours(2);

  /** Long enough for 100,000 devices to report on two cores. */
  private static final int COHORT_ROUND_MS = 20_000;

  @Spec private CommandSpec spec;

  @Command(
      name = "streams",
      description = "reports per second of the streams topology, beside one that only passes on")
  void streams(
      @Option(names = "--devices", defaultValue = "10000", description = "500..100000 (10000)")
          int devices,
      @Option(
              names = "--cohort",
              defaultValue = "500",
              description = "devices of each cohort, 1..100000 (500)")
          int perCohort,
      @Option(names = "--reports", defaultValue = "30", description = "of each, 2..1000 (30)")
          int reports,
      @Option(
              names = "--restore",
              defaultValue = "0",
              description = "also lose the state of so many devices and time its return (0)")
          int restored,
      @Option(
              names = "--rounds",
              defaultValue = "0",
              description = "instead: so many rounds of one cohort by the wall clock, 2..200 (0)")
          int rounds,
      @Option(
              names = "--shards",
              defaultValue = "1",
              description = "that decide that cohort together, 1..256 (1)")
          int shards,
      @Option(names = "--partitions", defaultValue = "4", description = "1..64 (4)") int partitions,
      @Option(names = "--threads", defaultValue = "1", description = "stream threads, 1..64 (1)")
          int threads,
      @Option(
              names = "--runs",
              defaultValue = "5",
              description = "of both topologies in turns, 0..100; medians are stated (5)")
          int runs,
      @Option(names = "--json", paramLabel = "FILE", description = "the figures as JSON") Path json)
      throws Exception {
    within("--devices", devices, 500, 100_000);
    within("--cohort", perCohort, 1, 100_000);
    within("--reports", reports, 2, 1000);
    within("--restore", restored, 0, 1_000_000);
    within("--partitions", partitions, 1, 64);
    within("--threads", threads, 1, 64);
    within("--runs", runs, 0, 100);
    within("--shards", shards, 1, 256);
    if (rounds != 0) {
      within("--rounds", rounds, 2, 200);
      CohortBench.Options one =
          new CohortBench.Options(perCohort, shards, rounds, COHORT_ROUND_MS, partitions, threads);
      measure(json, (say, directory) -> new CohortBench(one, say).run(directory));
      return;
    }
    StreamsBench.Options options =
        new StreamsBench.Options(devices, perCohort, reports, restored, partitions, threads, runs);
    measure(json, (say, directory) -> new StreamsBench(options, say).run(directory));
  }

  @Command(
      name = "gateway",
      description = "reports per second and latency of the gateway, beside bare clients")
  void gateway(
      @Option(names = "--broker", defaultValue = "ARTEMIS", description = "artemis | mosquitto")
          GatewayBench.Broker broker,
      @Option(names = "--reports", defaultValue = "100000", description = "per turn (100000)")
          int reports,
      @Option(names = "--repeats", defaultValue = "3", description = "turns, 1..20 (3)")
          int repeats,
      @Option(names = "--rate", defaultValue = "3000", description = "for the latency (3000/s)")
          int rate,
      @Option(names = "--seconds", defaultValue = "8", description = "at that rate, 1..600 (8)")
          int seconds,
      @Option(
              names = "--soak",
              paramLabel = "TIME",
              description = "instead: offer twice what Kafka takes, for 20s..2h, as in 10m")
          String soak,
      @Option(names = "--json", paramLabel = "FILE", description = "the figures as JSON") Path json)
      throws Exception {
    within("--reports", reports, 1_000, 1_000_000);
    within("--repeats", repeats, 1, 20);
    within("--rate", rate, 1, 1_000_000);
    within("--seconds", seconds, 1, 600);
    if (soak != null) {
      GatewaySoak.Options options = new GatewaySoak.Options(broker, length(soak), rate);
      GatewaySoak.judge(
          measure(json, (say, directory) -> new GatewaySoak(options, say).run(directory)));
      return;
    }
    GatewayBench.Options options =
        new GatewayBench.Options(broker, reports, rate, seconds, repeats);
    GatewayBench.judge(
        measure(json, (say, directory) -> new GatewayBench(options, say).run(directory)));
  }

  private static Duration length(String text) {
    try {
      Duration length = Duration.parse("PT" + text);
      if (length.compareTo(SOAK_MIN) >= 0 && length.compareTo(SOAK_MAX) <= 0) {
        return length;
      }
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("--soak '" + text + "' is no time; write 30s or 10m", e);
    }
    throw new IllegalArgumentException("--soak " + text + " is not in 20s..2h");
  }

  /** Makes figures in a directory that is deleted afterwards. */
  private interface Measurement {
    Map<String, Object> run(Consumer<String> say, Path directory) throws Exception;
  }

  private Map<String, Object> measure(Path json, Measurement measurement) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Path directory = Files.createTempDirectory("fqt-bench");
    Map<String, Object> figures;
    try {
      figures =
          measurement.run(
              line -> {
                out.println(line);
                out.flush();
              },
              directory);
    } finally {
      StreamsBench.delete(directory);
    }
    figures.forEach(
        (name, value) -> {
          // Curves are for the file.
          if (!(value instanceof List)) {
            out.printf("%-28s %s%n", name, value);
          }
        });
    out.flush();
    if (json != null) {
      new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(json.toFile(), figures);
    }
    return figures;
  }

  private static void within(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s %d is not in %d..%d".formatted(option, value, min, max));
    }
  }
}
