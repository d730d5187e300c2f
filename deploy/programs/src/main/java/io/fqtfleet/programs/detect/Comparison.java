package io.fqtfleet.programs.detect;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Tables of all contenders, for people. */
final class Comparison {
  private static final long STATIONARY_ROWS = 3_000_000;
  private static final long STATIONARY_SEED = 10_000;
  private static final double TEN_THOUSAND = 1e4;
  private static final int SHOWN_MAX = 8;
  private static final int SEEDS = 5;

  private final PrintWriter out;

  Comparison(PrintWriter out) {
    this.out = out;
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
    out.flush();
  }

  /** MOA's abrupt and gradual streams of seeds 1-30, and one without change. */
  void streams() {
    line(
        "%-20s | %-33s | %-33s | %s",
        "",
        "abrupt, 150 changes in 300k rows",
        "gradual, 30 changes in 300k rows",
        "no change, 3M rows");
    line(
        "%-20s | %6s %8s %7s %9s | %6s %8s %7s %9s | %8s %14s",
        "detector",
        "found",
        "false",
        "F1",
        "delay",
        "found",
        "false",
        "F1",
        "delay",
        "FP/10k",
        "rows per alarm");
    for (Contender contender : Contender.all()) {
      BenchmarkStreams.Score abrupt = BenchmarkStreams.onAbrupt(contender, BenchmarkStreams.SEEDS);
      BenchmarkStreams.Score ramp = BenchmarkStreams.onGradual(contender, BenchmarkStreams.SEEDS);
      BenchmarkStreams.Quiet quiet =
          BenchmarkStreams.onStationary(contender, STATIONARY_ROWS, STATIONARY_SEED);
      line(
          "%-20s | %6d %8d %7.3f %9.1f | %6d %8d %7.3f %9.1f | %8.4f %14s",
          contender.name(),
          abrupt.hits(),
          abrupt.falseAlarms(),
          abrupt.f1(),
          abrupt.delay(),
          ramp.hits(),
          ramp.falseAlarms(),
          ramp.f1(),
          ramp.delay(),
          quiet.falsePerTenThousand(),
          (quiet.alarms() == 0 ? "> " : "") + Math.round(quiet.rowsBetweenAlarms()));
    }
  }

  /** Naive Bayes on rebuilt SINE1, MIXED and CIRCLES streams of five seeds each. */
  void concepts() {
    Map<ConceptStreams, List<DataStream>> streams = new EnumMap<>(ConceptStreams.class);
    StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%-20s", "F1, delay, right"));
    for (ConceptStreams kind : ConceptStreams.values()) {
      streams.put(kind, LongStream.rangeClosed(1, SEEDS).mapToObj(kind::stream).toList());
      head.append(String.format(Locale.ROOT, " | %20s", kind));
    }
    line("%s | %7s", head, "mean F1");
    for (Contender contender : Contender.all()) {
      StringBuilder row = new StringBuilder();
      double sum = 0;
      for (ConceptStreams kind : ConceptStreams.values()) {
        ConceptStreams.Score score = kind.score(contender, streams.get(kind));
        sum += score.f1() / ConceptStreams.values().length;
        row.append(
            String.format(
                Locale.ROOT,
                " | %6.3f %6.1f %5.1f%%",
                score.f1(),
                score.delay(),
                100 * score.accuracy()));
      }
      line("%-20s%s | %7.3f", contender.name(), row, sum);
    }
  }

  /** A classifier's accuracy with each detector deciding when it starts anew. */
  void file(DataStream stream) {
    line(
        "%s: %d rows, %d classes%s",
        stream.name(),
        stream.labels().length,
        stream.classes(),
        stream.changes().isEmpty() ? "" : ", changed at " + stream.changes());
    line("%-20s %9s %7s %14s  %s", "detector", "accuracy", "alarms", "per 10k rows", "at rows");
    List<Prequential.Outcome> outcomes = new ArrayList<>();
    outcomes.add(Prequential.lastLabel(stream));
    outcomes.add(Prequential.never(stream));
    outcomes.add(Prequential.periodic(stream));
    for (Contender contender : Contender.all()) {
      outcomes.add(Prequential.detected(stream, contender));
    }
    for (Prequential.Outcome outcome : outcomes) {
      line(
          "%-20s %8.2f%% %7d %14.2f  %s",
          outcome.name(),
          100 * outcome.accuracy(),
          outcome.alarms().size(),
          TEN_THOUSAND * outcome.alarms().size() / stream.labels().length,
          rows(outcome.alarms()));
    }
  }

  private static String rows(List<Integer> alarms) {
    String first =
        alarms.stream().limit(SHOWN_MAX).map(String::valueOf).collect(Collectors.joining(" "));
    return first + (alarms.size() > SHOWN_MAX ? " ..." : "");
  }

  /** Time and state of each. */
  void costs() throws IOException {
    line("%-20s %12s %22s %12s", "detector", "ns per value", "ns per report of 32", "state bytes");
    for (Contender contender : Contender.all()) {
      DetectorCost cost = DetectorCost.measure(contender);
      line(
          "%-20s %12.1f %22.1f %12d",
          contender.name(), cost.nanosPerValue(), cost.nanosPerReport(), cost.stateBytes());
    }
  }
}
