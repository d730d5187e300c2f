package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One huge cohort, round after round by the wall clock, through the production service: every
 * device reports once per round. In the second half its world has changed, so every device gets a
 * budget and is followed.
 *
 * <p>The time of a round runs from the moment at which it may be closed (its end and the policy's
 * grace) until what was decided is committed.
 */
final class CohortBench {
  private static final int WARMUP_ROUNDS = 4;
  private static final long TIMEOUT_MS = 5 * 60_000L;
  private static final long LOOK_MS = 50;
  private static final String COHORT = "cohort-0";

  /**
   * @param devices of the cohort
   * @param shards that decide it together
   * @param rounds in which they report
   * @param roundMs length of each
   */
  record Options(int devices, int shards, int rounds, int roundMs, int partitions, int threads) {}

  private final Options options;
  private final Consumer<String> say;

  CohortBench(Options options, Consumer<String> say) {
    this.options = options;
    this.say = say;
  }

  /** What was measured, each figure under its name with its unit. */
  Map<String, Object> run(Path directory) throws InterruptedException {
    Map<String, Object> figures = new LinkedHashMap<>();
    List<Double> calm = new ArrayList<>();
    List<Double> incident = new ArrayList<>();
    try (BenchKafka kafka = new BenchKafka(directory.resolve("kafka"), options.partitions)) {
      long graceMs = kafka.setRound(options.roundMs, WARMUP_ROUNDS);
      try (StreamsService service = new StreamsService(settings(kafka, directory))) {
        service.start();
        if (!service.awaitReady(Duration.ofMillis(TIMEOUT_MS))) {
          throw new IllegalStateException("the topology did not come up; see the log");
        }
        CalmFleet fleet = new CalmFleet(options.devices);
        for (int round = 0; round < options.rounds; round++) {
          if (round == (options.rounds + 1) / 2) {
            fleet.drift();
          }
          long startMs = (System.currentTimeMillis() / options.roundMs + 1) * options.roundMs;
          sleepUntil(startMs);
          kafka.report(fleet, options.devices, round == 0, startMs + 1);
          long closableMs = startMs + options.roundMs + graceMs;
          sleepUntil(closableMs);
          CohortHealth health = decided(kafka, startMs + options.roundMs);
          double seconds = (System.currentTimeMillis() - closableMs) / 1000.0;
          (health.getIncident() == null ? calm : incident).add(seconds);
          say.accept(
              "round %d: %d devices reported, decided in %.1f s%s"
                  .formatted(
                      round + 1,
                      health.getDevicesReporting(),
                      seconds,
                      health.getIncident() == null ? "" : ", in an incident"));
        }
        figures.put("devices", options.devices);
        figures.put("shards", options.shards);
        figures.put("roundLengthSeconds", options.roundMs / 1000);
        state(figures, "calmRound", calm);
        state(figures, "incidentRound", incident);
        figures.put("heapMegabytesAfterCollection", heapMegabytes());
        figures.put("heapMegabytesMax", Runtime.getRuntime().maxMemory() >> 20);
      }
    }
    return figures;
  }

  private StreamsSettings settings(BenchKafka kafka, Path directory) {
    String shards = options.shards == 1 ? null : COHORT + "=" + options.shards;
    return new StreamsSettings(
        new StreamsSettings.Kafka(kafka.servers(), options.partitions, null, null),
        new StreamsSettings.Application(
            "bench-cohort",
            directory.resolve("state").toString(),
            options.threads,
            null,
            null,
            null),
        new StreamsSettings.Detection((long) options.devices, null, shards),
        new StreamsSettings.Ops(null, 0),
        null,
        null);
  }

  private static void sleepUntil(long atMs) throws InterruptedException {
    Thread.sleep(Math.max(0, atMs - System.currentTimeMillis()));
  }

  private CohortHealth decided(BenchKafka kafka, long endMs) throws InterruptedException {
    long deadline = System.currentTimeMillis() + TIMEOUT_MS;
    while (System.currentTimeMillis() < deadline) {
      for (CohortHealth health : kafka.health()) {
        if (health.getRoundEndMs() == endMs) {
          return health;
        }
      }
      Thread.sleep(LOOK_MS);
    }
    throw new IllegalStateException(
        "the round until %d was not decided within %d minutes; see the log"
            .formatted(endMs, TIMEOUT_MS / 60_000));
  }

  private static void state(Map<String, Object> figures, String name, List<Double> seconds) {
    if (!seconds.isEmpty()) {
      List<Double> sorted = seconds.stream().sorted().toList();
      figures.put(name + "SecondsMedian", sorted.get(sorted.size() / 2));
      figures.put(name + "SecondsMax", sorted.get(sorted.size() - 1));
    }
  }

  /** What lived after the last full collection: broker, generator and service together. */
  private static long heapMegabytes() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getCollectionUsage)
            .filter(usage -> usage != null)
            .mapToLong(usage -> usage.getUsed())
            .sum()
        >> 20;
  }
}
