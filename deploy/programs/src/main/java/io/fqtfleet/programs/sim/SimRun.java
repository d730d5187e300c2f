package io.fqtfleet.programs.sim;

import io.fqtfleet.programs.LiveView;
import io.fqtfleet.sim.fleet.CohortSpec;
import io.fqtfleet.sim.fleet.Fleet;
import io.fqtfleet.sim.fleet.FleetSetup;
import io.fqtfleet.sim.fleet.Member;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.load.FleetAccounting;
import io.fqtfleet.sim.load.LatencyLog;
import io.fqtfleet.sim.trace.TraceFleet;
import io.fqtfleet.sim.trace.TraceSetup;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** One scenario against one target, from the first connect to the verdict. */
public final class SimRun {
  private static final int WORKERS = 2;
  private static final int KEY_ID = 1;
  private static final long SECOND_MS = 1_000;
  private static final long LINE_S = 5;
  private static final Duration SETTLE = Duration.ofSeconds(20);

  private static final Duration ANSWER = Duration.ofSeconds(10);

  /** Without an arrival. */
  private static final Duration ARRIVE = Duration.ofSeconds(30);

  private static final long ACCURACY_MS = 5_000;
  private static final String STOPPED = "it was stopped by the operator";

  private final SimOptions options;
  private final Scenario scenario;
  private final SimTarget target;
  private final LiveView view;
  private final FleetAccounting accounting = new FleetAccounting();
  private final List<SimResult.Sample> seconds = new ArrayList<>();
  private final LatencyLog acks = new LatencyLog();
  private final Outage outage = new Outage();
  private Fleet exact;
  private TraceFleet trace;
  private KafkaWatch watch;
  private Machines machines;
  private long connectPerSecond;
  private long behindMs;

  public SimRun(SimOptions options, SimTarget target, LiveView view) {
    this.options = options;
    this.scenario = options.scenario();
    this.target = target;
    this.view = view;
  }

  /** A run's result, with the histograms for a log file. */
  public record Outcome(SimResult result, Map<String, List<Histogram>> histograms) {}

  /**
   * Runs to the end, or until the target falls over or the thread is interrupted; then the result
   * is partial.
   *
   * @throws IllegalStateException if the target is not there
   */
  public Outcome run() {
    target.requireMqtt();
    FleetSetup setup =
        new FleetSetup(
            target.mqtt(),
            target.masterKey(),
            KEY_ID,
            options.directory(),
            options.image(),
            WORKERS,
            target.access());
    Scenario here = options.slice() == 0 ? scenario : scenario.withoutExact();
    machines = new Machines(target.processes());
    try (Fleet exactFleet = new Fleet(here, options.space(), options.model(), setup, accounting);
        TraceFleet traceFleet =
            new TraceFleet(
                scenario,
                options.space(),
                options.model(),
                new TraceSetup(
                    setup,
                    options.slice(),
                    options.slices(),
                    options.sources(),
                    options.recordings()),
                accounting);
        KafkaWatch kafka = watch(exactFleet, traceFleet)) {
      exact = exactFleet;
      trace = traceFleet;
      watch = kafka;
      return go();
    }
  }

  private KafkaWatch watch(Fleet exactFleet, TraceFleet traceFleet) {
    if (target.bootstrapServers() == null) {
      return null;
    }
    Set<String> devices =
        exactFleet.members().stream().map(Member::device).collect(Collectors.toSet());
    devices.addAll(traceFleet.versions().keySet());
    return new KafkaWatch(target, accounting, devices, this::nowMicros);
  }

  private long nowMicros() {
    return exact == null ? 0 : (System.nanoTime() - exact.startNanos()) / 1_000;
  }

  private Outcome go() {
    String partial = awaitStart();
    Instant started = Instant.now();
    exact.start();
    trace.start(exact.startNanos());
    long endMs = scenario.duration().toMillis();
    try {
      for (long next = SECOND_MS; next <= endMs && partial.isEmpty(); next += SECOND_MS) {
        Thread.sleep(Math.max(1, next - exact.nowMs()));
        sample();
        if (seconds.size() * SECOND_MS % view.everyMs(LINE_S * SECOND_MS) == 0) {
          view.standing(line(endMs), standing(endMs));
        }
        partial = outage.found(last(), target, watch == null ? null : watch.failure());
      }
      view.end();
      if (partial.isEmpty()) {
        finish();
      }
    } catch (InterruptedException e) {
      partial = STOPPED;
    }
    double ranS = exact.nowMs() / 1000.0;
    // What came after the last whole second belongs to it.
    sample();
    SimResult result = result(started, ranS, partial);
    Map<String, List<Histogram>> histograms = new LinkedHashMap<>();
    histograms.put(SimResult.ACK, acks.intervals());
    histograms.put(SimResult.KAFKA, watch == null ? List.of() : watch.kafkaTimes().intervals());
    return new Outcome(result, histograms);
  }

  /** Empty, or why the run ends before it began. */
  private String awaitStart() {
    if (options.startAt() == null) {
      return "";
    }
    Duration wait = Duration.between(Instant.now(), options.startAt());
    if (wait.isNegative()) {
      throw new IllegalArgumentException(
          "--start-at %s was %d ms ago when all was ready; give a later time to all slices"
              .formatted(options.startAt(), -wait.toMillis()));
    }
    view.line("beginning at " + options.startAt() + " ...");
    try {
      Thread.sleep(wait.toMillis());
      return "";
    } catch (InterruptedException e) {
      return STOPPED;
    }
  }

  /** No further reports; waits until all that is on its way has arrived, as long as more comes. */
  private void finish() throws InterruptedException {
    if (watch != null) {
      watch.endBudgets();
      // An exact device answers budgets only as long as it lives.
      long deadline = System.nanoTime() + ANSWER.toNanos();
      while (watch.behindBudget() > 0 && System.nanoTime() < deadline) {
        Thread.sleep(100);
      }
    }
    exact.settle(SETTLE);
    trace.settle(SETTLE);
    long activity = -1;
    long since = System.nanoTime();
    while (watch != null
        && System.nanoTime() - since < ARRIVE.toNanos()
        && (accounting.arrivals().lost() > 0 || watch.behindBudget() > 0)) {
      if (watch.activity() > activity) {
        activity = watch.activity();
        since = System.nanoTime();
      }
      Thread.sleep(100);
    }
  }

  private SimResult.Sample last() {
    return seconds.get(seconds.size() - 1);
  }

  private void sample() {
    long endMs = System.currentTimeMillis();
    exact.ackTimes().interval(endMs - SECOND_MS, endMs);
    trace.books().ackTimes().interval(endMs - SECOND_MS, endMs);
    Histogram ack = merged(endMs);
    Histogram kafka =
        watch == null ? new Histogram(3) : watch.kafkaTimes().interval(endMs - SECOND_MS, endMs);
    FleetAccounting.Totals totals = accounting.totals();
    long connected =
        trace.connected() + exact.statistics().stream().mapToLong(c -> c.connected()).sum();
    if (!seconds.isEmpty()) {
      connectPerSecond = Math.max(connectPerSecond, connected - last().connected());
    }
    behindMs = Math.max(behindMs, trace.behindMs());
    seconds.add(
        new SimResult.Sample(
            exact.nowMs() / 1000.0,
            connected,
            totals.made() - totals.withheld(),
            totals.acked(),
            watch == null ? 0 : watch.arrived(),
            ack.getValueAtPercentile(50) / 1000.0,
            ack.getValueAtPercentile(99) / 1000.0,
            kafka.getValueAtPercentile(50) / 1000.0,
            kafka.getValueAtPercentile(99) / 1000.0,
            watch == null ? 0 : watch.budgetsSent(),
            watch == null ? StreamsLag.UNKNOWN : watch.streamsBehind(),
            accuracy(exact.nowMs() - ACCURACY_MS, exact.nowMs()),
            machines.sample()));
  }

  /** The last second's acknowledgements of both kinds of devices. */
  private Histogram merged(long endMs) {
    Histogram both = new Histogram(3);
    both.setStartTimeStamp(endMs - SECOND_MS);
    both.setEndTimeStamp(endMs);
    for (LatencyLog log : List.of(exact.ackTimes(), trace.books().ackTimes())) {
      List<Histogram> intervals = log.intervals();
      if (!intervals.isEmpty()) {
        Histogram latest = intervals.get(intervals.size() - 1);
        if (latest.getEndTimeStamp() == endMs) {
          both.add(latest);
        }
      }
    }
    acks.add(both);
    return both;
  }

  private Map<String, Double> accuracy(long fromMs, long untilMs) {
    Map<String, Double> accuracy = new TreeMap<>();
    for (CohortSpec cohort : scenario.cohorts()) {
      var judged =
          cohort.isTrace()
              ? trace.accuracy(cohort.name(), fromMs, untilMs)
              : options.slice() > 0 ? null : exact.accuracy(cohort.name(), fromMs, untilMs);
      if (judged != null && judged.labelled() > 0) {
        accuracy.put(cohort.name(), (double) judged.correct() / judged.labelled());
      }
    }
    return accuracy;
  }

  private String line(long endMs) {
    SimResult.Sample now = last();
    SimResult.Sample then = seconds.get((int) Math.max(0, seconds.size() - 1 - LINE_S));
    double spanS = Math.max(1e-3, now.s() - then.s());
    long errors =
        trace.books().missed().sum()
            + (watch == null ? 0 : watch.budgetsRefused() + watch.deadLetters());
    return ("%02d:%02d  %d of %d connected  %.0f sent/s %.0f acked/s  ack p99 %.1f ms"
            + "  Kafka p99 %.1f ms  errors %d  %d s left")
        .formatted(
            (long) now.s() / 60,
            (long) now.s() % 60,
            now.connected(),
            trace.devices() + exact.members().stream().filter(m -> !m.qemu()).count(),
            (now.sent() - then.sent()) / spanS,
            (now.acknowledged() - then.acknowledged()) / spanS,
            now.ackP99(),
            now.kafkaP99(),
            errors,
            (endMs - exact.nowMs()) / 1000);
  }

  /** The same as a block for a terminal, with the accuracy of each cohort. */
  private List<String> standing(long endMs) {
    List<String> block = new ArrayList<>(List.of(line(endMs).split("  ")));
    last()
        .accuracy()
        .forEach((c, share) -> block.add("%-12s %s".formatted(c, LiveView.bar(share))));
    return block;
  }

  private SimResult result(Instant started, double ranS, String partial) {
    FleetAccounting.Totals totals = accounting.totals();
    FleetAccounting.Arrivals arrivals = accounting.arrivals();
    boolean seen = watch != null;
    SimResult.Reports reports =
        new SimResult.Reports(
            totals.made(),
            totals.withheld(),
            totals.acked(),
            totals.inFlight(),
            arrivals.arrived(),
            seen ? arrivals.lost() : 0,
            arrivals.duplicated(),
            arrivals.outOfOrder(),
            trace.books().missed().sum(),
            seen ? watch.deadLetters() : 0,
            totals.acked() / Math.max(1e-3, ranS),
            seen ? accounting.firstLost(10) : Map.of());
    long simulated = exact.members().stream().filter(m -> !m.qemu()).count();
    SimResult measured =
        new SimResult(
            scenario.name(),
            (options.slice() + 1) + "/" + options.slices(),
            scenario.seed(),
            started.toString(),
            ranS,
            partial,
            new SimResult.Devices(
                simulated,
                trace.devices(),
                last().connected(),
                connectPerSecond,
                trace.books().reconnects().sum()),
            reports,
            SimResult.Times.of(acks.total()),
            SimResult.Times.of(seen ? watch.kafkaTimes().total() : new Histogram(3)),
            seen ? new Drifts(scenario, watch, members()).seen() : List.of(),
            seen ? watch.raised() : List.of(),
            new SimResult.Budgets(
                seen ? watch.budgetsSent() : 0,
                seen ? watch.budgetsRefused() : 0,
                seen ? watch.withBudget() : 0,
                seen ? watch.behindBudget() : 0),
            accuracy(scenario.duration().toMillis() * 4 / 5, Long.MAX_VALUE),
            machines.result(behindMs),
            histograms(),
            List.of(),
            List.copyOf(seconds));
    return new Judge(scenario, measured, seen).judged();
  }

  private Map<String, String> histograms() {
    Map<String, String> histograms = new TreeMap<>();
    histograms.put(SimResult.ACK, SimResult.encoded(acks.total()));
    if (watch != null) {
      histograms.put(SimResult.KAFKA, SimResult.encoded(watch.kafkaTimes().total()));
    }
    return histograms;
  }

  /** Devices of each cohort. */
  private Map<String, Set<String>> members() {
    Map<String, Set<String>> cohorts = new TreeMap<>();
    Set<String> traced = trace.versions().keySet();
    for (CohortSpec cohort : scenario.cohorts()) {
      Set<String> own = new java.util.TreeSet<>();
      for (int n = 0; n < cohort.devices(); n++) {
        if (!cohort.isTrace() || traced.contains(cohort.device(n))) {
          own.add(cohort.device(n));
        }
      }
      cohorts.put(cohort.name(), own);
    }
    return cohorts;
  }
}
