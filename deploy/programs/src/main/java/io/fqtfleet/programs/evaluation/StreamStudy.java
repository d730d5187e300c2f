package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.detect.BenchmarkStreams;
import io.fqtfleet.programs.detect.Contender;
import io.fqtfleet.programs.detect.DataStream;
import io.fqtfleet.programs.detect.InjectedDrift;
import io.fqtfleet.programs.detect.Prequential;
import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.programs.report.Table;
import io.fqtfleet.programs.report.Workers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Detectors by themselves: on published streams, and on data sets with a classifier in the loop.
 */
final class StreamStudy {
  private static final long STATIONARY_ROWS = 3_000_000;
  private static final long STATIONARY_SEED = 10_000;

  /** Rows of alarms that a table shows. */
  private static final int SHOWN = 8;

  /** Trials of each kind of injected change. */
  private static final int TRIALS = 20;

  /** Named before the comparison, with the latch that the others have. */
  private static final String OURS_SLOW = "e-sr-slow, latch 400";

  private record Row(
      BenchmarkStreams.Score abrupt,
      BenchmarkStreams.Score gradual,
      BenchmarkStreams.Quiet quiet) {}

  private StreamStudy() {}

  static Study published(Workers workers) {
    List<Contender> contenders = Contender.all();
    List<Row> rows =
        workers.map(
            contenders.size(),
            i ->
                new Row(
                    BenchmarkStreams.onAbrupt(contenders.get(i), BenchmarkStreams.SEEDS),
                    BenchmarkStreams.onGradual(contenders.get(i), BenchmarkStreams.SEEDS),
                    BenchmarkStreams.onStationary(
                        contenders.get(i), STATIONARY_ROWS, STATIONARY_SEED)));
    List<List<Object>> cells = new ArrayList<>();
    Map<String, Row> byName = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      byName.put(contenders.get(i).name(), row);
      cells.add(
          List.of(
              contenders.get(i).name(),
              row.abrupt.f1(),
              row.abrupt.delay(),
              row.abrupt.falseAlarms(),
              row.gradual.f1(),
              row.gradual.delay(),
              row.gradual.falseAlarms(),
              row.quiet.alarms(),
              row.quiet.falsePerTenThousand()));
    }
    workers.say("streams: %d detectors on MOA's streams".formatted(rows.size()));
    Table table =
        new Table(
            "streams",
            "MOA's abrupt and gradual streams, seeds 1-30, and 3 million stationary rows (p = .2)",
            "False: alarms of the 30 streams that are not the first of a change.",
            List.of(
                "detector",
                "abrupt F1",
                "delay",
                "false",
                "gradual F1",
                "gradual delay",
                "gradual false",
                "quiet alarms",
                "per 10k rows"),
            cells);
    return new Study(List.of(table), List.of(), targets(byName));
  }

  private static List<Target> targets(Map<String, Row> rows) {
    Row fast = rows.get("e-sr c=1e4");
    List<Target> targets = new ArrayList<>();
    targets.add(abrupt(fast, 15, 0.3));
    targets.add(abrupt(rows.get("e-sr c=1e6"), 25, 0.005));
    targets.add(
        Target.of(
            "T2",
            "MOA gradual stream (best published F1 .612 at 317)",
            "F1 >= .99, delay <= 230",
            "F1 %.3f, delay %.1f".formatted(fast.gradual.f1(), fast.gradual.delay()),
            fast.gradual.f1() >= 0.99 && fast.gradual.delay() <= 230,
            "see the table"));
    for (String c : List.of("1e4", "1e5", "1e6")) {
      BenchmarkStreams.Quiet quiet = rows.get("e-sr c=" + c).quiet;
      targets.add(
          Target.of(
              "T3",
              "rows between false alarms, p = .2, 3 million rows",
              "at least the nominal " + c,
              "%.2e (%d alarms)".formatted(quiet.rowsBetweenAlarms(), quiet.alarms()),
              quiet.rowsBetweenAlarms() >= Double.parseDouble(c),
              "more false alarms than the bound allows"));
    }
    targets.add(
        Target.unknown(
            "T4",
            "Tornado SINE1, MIXED, CIRCLES",
            "mean F1 >= .995, delays <= 45/45/170",
            "the files are not available; fleet detect --benchmark compares on streams rebuilt from"
                + " their definitions"));
    targets.add(
        Target.unknown(
            "T5",
            "arXiv 2606.07789, NOAA and Electricity, abrupt",
            "F1 >= .68 and .58",
            "NOAA and the injected drifts of that protocol are not available; changes of our own"
                + " are put into each data set that --data names, see T6*"));
    targets.add(Target.unknown("T6", "the same, gradual", "F1 > .40 and >= .43", "as T5"));
    return targets;
  }

  private static Target abrupt(Row row, double delay, double rate) {
    return Target.of(
        "T1",
        "MOA abrupt stream (best published F1 .990 at 51.6)",
        "F1 >= .999, delay <= %s, at most %s false per 10k rows".formatted(delay, rate),
        "F1 %.3f, delay %.1f, %.4f per 10k"
            .formatted(row.abrupt.f1(), row.abrupt.delay(), row.quiet.falsePerTenThousand()),
        row.abrupt.f1() >= 0.999
            && row.abrupt.delay() <= delay
            && row.quiet.falsePerTenThousand() <= rate,
        "see the table");
  }

  /** Naive Bayes, tested on each row before it learns it, forgetting all at an alarm. */
  static Study data(DataStream stream, Workers workers) {
    List<Contender> contenders = Contender.all();
    List<Prequential.Outcome> outcomes = new ArrayList<>();
    outcomes.add(Prequential.lastLabel(stream));
    outcomes.add(Prequential.never(stream));
    outcomes.add(Prequential.periodic(stream));
    outcomes.addAll(
        workers.map(contenders.size(), i -> Prequential.detected(stream, contenders.get(i))));
    List<List<Object>> rows = new ArrayList<>();
    for (Prequential.Outcome outcome : outcomes) {
      List<Integer> alarms = outcome.alarms();
      String shown = alarms.stream().limit(SHOWN).map(String::valueOf).toList().toString();
      rows.add(
          List.of(
              outcome.name(),
              outcome.accuracy(),
              alarms.size(),
              shown.substring(1, shown.length() - 1) + (alarms.size() > SHOWN ? ", ..." : "")));
    }
    workers.say("data: " + stream.name());
    Table table =
        new Table(
            "data-" + key(stream),
            "%s: prequential naive Bayes, %d rows".formatted(stream.name(), stream.labels().length),
            stream.changes().isEmpty()
                ? "No change points are known. A classifier that repeats the last label shows how"
                    + " much of the accuracy is autocorrelation."
                : "Changed at " + stream.changes() + ".",
            List.of("trigger", "accuracy", "alarms", "rows"),
            rows);
    Study injected = injected(stream, contenders, workers);
    return new Study(List.of(table, injected.tables().get(0)), List.of(), injected.targets());
  }

  private record Injected(InjectedDrift.Score abrupt, InjectedDrift.Score gradual) {}

  /** Changes of known place in the shuffled rows: what alarms are right can be counted. */
  private static Study injected(DataStream stream, List<Contender> contenders, Workers workers) {
    List<Injected> scores =
        workers.map(
            contenders.size(),
            i ->
                new Injected(
                    InjectedDrift.score(stream, contenders.get(i), false, TRIALS),
                    InjectedDrift.score(stream, contenders.get(i), true, TRIALS)));
    List<List<Object>> rows = new ArrayList<>();
    Map<String, Injected> byName = new LinkedHashMap<>();
    for (int i = 0; i < scores.size(); i++) {
      Injected score = scores.get(i);
      byName.put(contenders.get(i).name(), score);
      rows.add(
          List.of(
              contenders.get(i).name(),
              score.abrupt.f1(),
              score.abrupt.delay(),
              score.abrupt.falseAlarms(),
              score.abrupt.repeats(),
              score.gradual.f1(),
              score.gradual.delay(),
              score.gradual.falseAlarms(),
              score.gradual.repeats()));
    }
    workers.say("injected: " + stream.name());
    Table table =
        new Table(
            "injected-" + key(stream),
            "%s, shuffled: %d changes of labels, %d of features"
                .formatted(stream.name(), TRIALS, TRIALS),
            "Abrupt, and mixed in over 1000 rows. Found within 2500 rows; repeats are neither"
                + " right nor wrong. Naive Bayes, forgetting all at an alarm.",
            List.of(
                "detector",
                "abrupt F1",
                "delay",
                "false",
                "repeats",
                "gradual F1",
                "gradual delay",
                "gradual false",
                "gradual repeats"),
            rows);
    return new Study(List.of(table), List.of(), List.of(gradual(stream, byName)));
  }

  /** Ours, chosen beforehand, against the better reading of each other method. */
  private static Target gradual(DataStream stream, Map<String, Injected> scores) {
    double ours = f1(scores, OURS_SLOW);
    double adwin = f1(scores, "adwin", "adwin, latch 400");
    double stepd = f1(scores, "stepd as MOA", "stepd, latch 400");
    return Target.of(
        "T6*",
        "gradual changes put into " + stream.name(),
        "F1 above ADWIN's %.3f and STEPD's %.3f".formatted(adwin, stepd),
        "F1 %.3f (%s)".formatted(ours, OURS_SLOW),
        ours > Math.max(adwin, stepd),
        "see the table of injected changes");
  }

  private static double f1(Map<String, Injected> scores, String... names) {
    double best = 0;
    for (String name : names) {
      best = Math.max(best, scores.get(name).gradual.f1());
    }
    return best;
  }

  private static String key(DataStream stream) {
    return stream.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }
}
