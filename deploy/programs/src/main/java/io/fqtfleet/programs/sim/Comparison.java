package io.fqtfleet.programs.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Two runs side by side. */
public final class Comparison {
  /** Below this many milliseconds a longer time is the scheduler's, not the system's. */
  private static final double NOISE_MS = 1;

  /**
   * One figure.
   *
   * @param worse whether B is worse than A by more than the tolerance
   */
  record Row(String what, double a, double b, boolean worse) {}

  private final List<Row> rows = new ArrayList<>();
  private final double tolerance;

  /**
   * @param tolerancePercent by which a figure of B may be worse
   */
  public Comparison(SimResult a, SimResult b, double tolerancePercent) {
    this.tolerance = tolerancePercent / 100;
    more("reports acknowledged per second", a.reports().perSecond(), b.reports().perSecond());
    none("reports lost", a.reports().lost(), b.reports().lost());
    none("reports duplicated", a.reports().duplicated(), b.reports().duplicated());
    none("reports out of order", a.reports().outOfOrder(), b.reports().outOfOrder());
    none("reports missed", a.reports().missed(), b.reports().missed());
    none("dead letters", a.reports().deadLetters(), b.reports().deadLetters());
    less("publish to ack p50, ms", a.publishToAck().p50(), b.publishToAck().p50());
    less("publish to ack p99, ms", a.publishToAck().p99(), b.publishToAck().p99());
    less("report to Kafka p50, ms", a.reportToKafka().p50(), b.reportToKafka().p50());
    less("report to Kafka p99, ms", a.reportToKafka().p99(), b.reportToKafka().p99());
    for (int i = 0; i < Math.min(a.drifts().size(), b.drifts().size()); i++) {
      String drift = "drift " + (i + 1) + " ";
      soon(drift + "to alert, ms", a.drifts().get(i).alertMs(), b.drifts().get(i).alertMs());
      soon(drift + "to applied, ms", a.drifts().get(i).appliedMs(), b.drifts().get(i).appliedMs());
    }
    none("expectations not met", unmet(a), unmet(b));
    none("partial", a.isPartial() ? 1 : 0, b.isPartial() ? 1 : 0);
  }

  private static long unmet(SimResult run) {
    return run.expected().stream().filter(e -> !e.met()).count();
  }

  private void more(String what, double a, double b) {
    rows.add(new Row(what, a, b, b < a * (1 - tolerance)));
  }

  private void less(String what, double a, double b) {
    rows.add(new Row(what, a, b, b > a * (1 + tolerance) + NOISE_MS));
  }

  private void none(String what, double a, double b) {
    rows.add(new Row(what, a, b, b > a));
  }

  /** -1 = never. */
  private void soon(String what, double a, double b) {
    rows.add(new Row(what, a, b, a >= 0 && (b < 0 || b > a * (1 + tolerance) + NOISE_MS)));
  }

  public boolean worse() {
    return rows.stream().anyMatch(Row::worse);
  }

  List<Row> rows() {
    return List.copyOf(rows);
  }

  public String text() {
    StringBuilder out = new StringBuilder();
    out.append("%-34s %12s %12s %9s%n".formatted("", "A", "B", "change"));
    for (Row row : rows) {
      String change =
          row.a == 0 || row.a == row.b
              ? ""
              : String.format(Locale.ROOT, "%+.0f %%", 100 * (row.b - row.a) / row.a);
      out.append(
          String.format(
              Locale.ROOT,
              "%-34s %12.1f %12.1f %9s%s%n",
              row.what,
              row.a,
              row.b,
              change,
              row.worse ? "  WORSE" : ""));
    }
    return out.toString();
  }
}
