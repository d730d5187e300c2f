package io.fqtfleet.programs.sim;

import java.util.Locale;

/** A run for a person. */
public final class SummaryText {
  private static final int ALERTS_MAX = 20;

  private final StringBuilder out = new StringBuilder();

  private SummaryText() {}

  public static String of(SimResult run) {
    return new SummaryText().write(run);
  }

  private void line(String name, String format, Object... arguments) {
    out.append("  %-10s".formatted(name));
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private String write(SimResult run) {
    SimResult.Devices devices = run.devices();
    line(
        "devices",
        "%d exact, %d trace; %d connected at the end, %d in the busiest second",
        devices.exact(),
        devices.trace(),
        devices.connected(),
        devices.connectPerSecond());
    SimResult.Reports reports = run.reports();
    line(
        "reports",
        "%d made, %d withheld, %d acknowledged (%.0f/s), %d in Kafka, %d lost, %d twice,"
            + " %d out of order, %d missed their time, %d dead letters",
        reports.made(),
        reports.withheld(),
        reports.acknowledged(),
        reports.perSecond(),
        reports.inKafka(),
        reports.lost(),
        reports.duplicated(),
        reports.outOfOrder(),
        reports.missed(),
        reports.deadLetters());
    double sustained = run.sustained();
    if (sustained > 0) {
      line(
          "sustained",
          "%.0f reports/s in Kafka over %d s, each second's p99 within %d ms, streams not behind",
          sustained,
          SimResult.SUSTAINED_S,
          SimResult.SUSTAINED_MS);
    }
    run.seconds().stream()
        .mapToLong(SimResult.Sample::streamsBehind)
        .filter(behind -> behind >= 0)
        .max()
        .ifPresent(most -> line("streams", "at most %d messages behind", most));
    times("ack", run.publishToAck());
    times("Kafka", run.reportToKafka());
    for (SimResult.DriftSeen drift : run.drifts()) {
      line(
          "drift",
          "%s to %s at %.0f s: alerted %s, budgets applied by 95 %% of %d devices %s",
          drift.cohort(),
          drift.to(),
          drift.atS(),
          after(drift.alertMs()),
          drift.budgeted(),
          after(drift.appliedMs()));
    }
    run.alerts().stream()
        .limit(ALERTS_MAX)
        .forEach(a -> line("alert", "%s %s: %s", a.kind(), a.key(), a.sentence()));
    if (run.alerts().size() > ALERTS_MAX) {
      line("alert", "and %d more, in the JSON file", run.alerts().size() - ALERTS_MAX);
    }
    SimResult.Budgets budgets = run.budgets();
    line(
        "budgets",
        "%d sent to %d devices, %d refused, %d devices behind",
        budgets.sent(),
        budgets.devices(),
        budgets.refused(),
        budgets.devicesBehind());
    run.accuracy().forEach((cohort, share) -> line("accuracy", "%s %.1f %%", cohort, 100 * share));
    StringBuilder cpu = new StringBuilder();
    run.machine()
        .cpu()
        .forEach((part, s) -> cpu.append(String.format(Locale.ROOT, " %s %.1f", part, s)));
    line("CPU s", "%s", cpu.toString().strip());
    line(
        "memory MB",
        "%s; the generator was %d ms late at worst",
        run.machine().memoryMb(),
        run.machine().behindMs());
    for (SimResult.Expected e : run.expected()) {
      line(e.met() ? "ok" : "FAILED", "%s: %s (%s)", e.what(), e.found(), e.limit());
    }
    if (run.isPartial()) {
      line("PARTIAL", "%s", run.partial());
    }
    return out.toString();
  }

  private void times(String name, SimResult.Times t) {
    if (t.count() > 0) {
      line(
          name,
          "p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f ms from the intended send",
          t.p50(),
          t.p90(),
          t.p99(),
          t.p999(),
          t.max());
    }
  }

  private static String after(long ms) {
    return ms < 0 ? "never" : String.format(Locale.ROOT, "after %.1f s", ms / 1000.0);
  }
}
