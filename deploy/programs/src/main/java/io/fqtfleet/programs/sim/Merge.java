package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.sim.SimResult.DriftSeen;
import io.fqtfleet.programs.sim.SimResult.Sample;
import io.fqtfleet.sim.fleet.Scenario;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/**
 * The results of processes that shared a scenario by slices as one result. Counts are added, times
 * come from all reports together; of what each slice sees for itself (a drift's alert, the
 * percentiles of one second) the worst counts.
 */
public final class Merge {
  private final List<SimResult> parts;

  private Merge(List<SimResult> parts) {
    this.parts = parts;
  }

  /**
   * Merges and judges.
   *
   * @throws IllegalArgumentException unless there is one result of every slice of the scenario
   */
  public static SimResult of(Scenario scenario, List<SimResult> parts) {
    requireWhole(scenario, parts);
    boolean kafkaSeen = parts.stream().allMatch(p -> p.histograms().containsKey(SimResult.KAFKA));
    return new Judge(scenario, new Merge(parts).merged(), kafkaSeen).judged();
  }

  private static void requireWhole(Scenario scenario, List<SimResult> parts) {
    for (SimResult part : parts) {
      if (part.slice() == null || part.histograms() == null) {
        throw new IllegalArgumentException(
            "a result of '%s' says neither slice nor histograms; run it again with this version"
                .formatted(part.scenario()));
      }
      if (!part.scenario().equals(scenario.name()) || part.seed() != parts.get(0).seed()) {
        throw new IllegalArgumentException(
            "slice %s is of '%s', seed %d, not of '%s', seed %d; give results of one run"
                .formatted(
                    part.slice(),
                    part.scenario(),
                    part.seed(),
                    scenario.name(),
                    parts.get(0).seed()));
      }
    }
    List<String> given = parts.stream().map(SimResult::slice).sorted().toList();
    int slices = Integer.parseInt(given.get(0).substring(given.get(0).indexOf('/') + 1));
    TreeSet<String> wanted = new TreeSet<>();
    for (int i = 1; i <= slices; i++) {
      wanted.add(i + "/" + slices);
    }
    if (!given.equals(List.copyOf(wanted))) {
      throw new IllegalArgumentException(
          "slices %s are not the whole, %s; give one result of each".formatted(given, wanted));
    }
  }

  private SimResult merged() {
    Histogram acks = histogram(SimResult.ACK);
    Histogram kafka = histogram(SimResult.KAFKA);
    Map<String, String> histograms = new TreeMap<>();
    histograms.put(SimResult.ACK, SimResult.encoded(acks));
    if (parts.stream().allMatch(p -> p.histograms().containsKey(SimResult.KAFKA))) {
      histograms.put(SimResult.KAFKA, SimResult.encoded(kafka));
    }
    SimResult first = parts.get(0);
    return new SimResult(
        first.scenario(),
        "1/1",
        first.seed(),
        parts.stream().map(SimResult::started).min(Comparator.naturalOrder()).orElseThrow(),
        most(SimResult::durationS),
        parts.stream()
            .filter(SimResult::isPartial)
            .map(p -> "slice " + p.slice() + ": " + p.partial())
            .collect(Collectors.joining("; ")),
        devices(),
        reports(),
        SimResult.Times.of(acks),
        SimResult.Times.of(kafka),
        drifts(),
        alerts(),
        new SimResult.Budgets(
            sum(p -> p.budgets().sent()),
            sum(p -> p.budgets().refused()),
            sum(p -> p.budgets().devices()),
            sum(p -> p.budgets().devicesBehind())),
        accuracy(parts.stream().map(SimResult::accuracy).toList()),
        machine(),
        histograms,
        List.of(),
        seconds());
  }

  private long sum(ToLongFunction<SimResult> of) {
    return parts.stream().mapToLong(of).sum();
  }

  private double most(ToDoubleFunction<SimResult> of) {
    return parts.stream().mapToDouble(of).max().orElse(0);
  }

  private Histogram histogram(String name) {
    Histogram all = new Histogram(3);
    parts.forEach(part -> all.add(part.histogram(name)));
    return all;
  }

  private SimResult.Devices devices() {
    return new SimResult.Devices(
        sum(p -> p.devices().exact()),
        sum(p -> p.devices().trace()),
        sum(p -> p.devices().connected()),
        sum(p -> p.devices().connectPerSecond()),
        sum(p -> p.devices().reconnects()));
  }

  private SimResult.Reports reports() {
    Map<String, Long> lost = new TreeMap<>();
    parts.forEach(p -> lost.putAll(p.reports().firstLost()));
    long acknowledged = sum(p -> p.reports().acknowledged());
    return new SimResult.Reports(
        sum(p -> p.reports().made()),
        sum(p -> p.reports().withheld()),
        acknowledged,
        sum(p -> p.reports().inFlight()),
        sum(p -> p.reports().inKafka()),
        sum(p -> p.reports().lost()),
        sum(p -> p.reports().duplicated()),
        sum(p -> p.reports().outOfOrder()),
        sum(p -> p.reports().missed()),
        // Every slice reads them all.
        (long) most(p -> p.reports().deadLetters()),
        acknowledged / Math.max(1e-3, most(SimResult::durationS)),
        lost);
  }

  private List<DriftSeen> drifts() {
    List<DriftSeen> all = new ArrayList<>();
    for (int i = 0; i < parts.get(0).drifts().size(); i++) {
      int number = i;
      List<DriftSeen> seen = parts.stream().map(p -> p.drifts().get(number)).toList();
      // A slice without a device of the cohort waits for nobody.
      List<DriftSeen> with = seen.stream().filter(d -> d.budgeted() > 0).toList();
      DriftSeen first = seen.get(0);
      all.add(
          new DriftSeen(
              first.cohort(),
              first.to(),
              first.atS(),
              worst(seen, DriftSeen::alertMs),
              worst(with, DriftSeen::appliedMs),
              seen.stream().mapToLong(DriftSeen::budgeted).sum()));
    }
    return all;
  }

  /** -1 = never, which is worse than late. */
  private static long worst(List<DriftSeen> seen, ToLongFunction<DriftSeen> time) {
    return seen.stream().mapToLong(time).anyMatch(ms -> ms < 0)
        ? -1
        : seen.stream().mapToLong(time).max().orElse(-1);
  }

  /** Every slice reads them all; who read one first counts. */
  private List<KafkaWatch.Raised> alerts() {
    Map<List<String>, KafkaWatch.Raised> all = new HashMap<>();
    for (SimResult part : parts) {
      for (KafkaWatch.Raised alert : part.alerts()) {
        all.merge(
            List.of(alert.kind(), alert.key(), alert.sentence()),
            alert,
            (a, b) -> a.readMs() <= b.readMs() ? a : b);
      }
    }
    return all.values().stream()
        .sorted(Comparator.comparingLong(KafkaWatch.Raised::readMs))
        .toList();
  }

  /** Each slice counts with its devices; one without the cohort does not. */
  private Map<String, Double> accuracy(List<Map<String, Double>> shares) {
    Map<String, Double> weighted = new TreeMap<>();
    Map<String, Double> weights = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      double devices = Math.max(1, parts.get(i).devices().trace());
      shares
          .get(i)
          .forEach(
              (cohort, share) -> {
                weighted.merge(cohort, share * devices, Double::sum);
                weights.merge(cohort, devices, Double::sum);
              });
    }
    weighted.replaceAll((cohort, sum) -> sum / weights.get(cohort));
    return weighted;
  }

  private SimResult.Machine machine() {
    return new SimResult.Machine(
        parts.get(0).machine().processors(),
        added(p -> p.machine().cpu(), Double::sum),
        added(p -> p.machine().memoryMb(), Long::sum),
        (long) most(p -> p.machine().behindMs()));
  }

  private <T> Map<String, T> added(
      Function<SimResult, Map<String, T>> of, java.util.function.BinaryOperator<T> sum) {
    Map<String, T> all = new LinkedHashMap<>();
    parts.forEach(part -> of.apply(part).forEach((name, value) -> all.merge(name, value, sum)));
    return all;
  }

  /** As long as the shortest: where one is missing no sum can be told. */
  private List<Sample> seconds() {
    int count = parts.stream().mapToInt(p -> p.seconds().size()).min().orElse(0);
    List<Sample> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int second = i;
      List<Sample> at = parts.stream().map(p -> p.seconds().get(second)).toList();
      all.add(
          new Sample(
              worstOf(at, Sample::s),
              sumOf(at, Sample::connected),
              sumOf(at, Sample::sent),
              sumOf(at, Sample::acknowledged),
              sumOf(at, Sample::inKafka),
              worstOf(at, Sample::ackP50),
              worstOf(at, Sample::ackP99),
              worstOf(at, Sample::kafkaP50),
              worstOf(at, Sample::kafkaP99),
              sumOf(at, Sample::budgets),
              (long) worstOf(at, Sample::streamsBehind),
              accuracy(at.stream().map(Sample::accuracy).toList()),
              cores(at)));
    }
    return all;
  }

  private static Map<String, Double> cores(List<Sample> at) {
    Map<String, Double> all = new TreeMap<>();
    at.forEach(s -> s.cores().forEach((name, cores) -> all.merge(name, cores, Double::sum)));
    return all;
  }

  private static long sumOf(List<Sample> at, ToLongFunction<Sample> of) {
    return at.stream().mapToLong(of).sum();
  }

  private static double worstOf(List<Sample> at, ToDoubleFunction<Sample> of) {
    return at.stream().mapToDouble(of).max().orElse(0);
  }
}
