package io.fqtfleet.programs;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the demo found, as JSON and as text for a person. */
@JsonInclude(JsonInclude.Include.ALWAYS)
record DemoSummary(
    long seed,
    String source,
    double seconds,
    Devices devices,
    Reports reports,
    Drift drift,
    Fault fault,
    List<AlertLine> alerts,
    Budgets budgets,
    Accuracy accuracy,
    TrainingMacs trainingMacs,
    List<Check> checks) {

  record Devices(int simulated, int qemu) {}

  /**
   * @param sent by the devices, each sequence number once
   * @param inKafka distinct ones found in Kafka
   */
  record Reports(long sent, long inKafka, long lost, long duplicatesRemoved, long deadLettered) {}

  /** Times are ISO-8601; null if it was not found. */
  record Drift(
      String cohort, String onset, String alerted, String estimatedOnset, Double delaySeconds) {}

  record Fault(String device, String onset, String alerted, String attributed) {}

  record AlertLine(
      String id,
      String kind,
      String scope,
      String key,
      String raised,
      String status,
      String sentence) {}

  /**
   * @param devicesByReason whom a budget of each reason was sent to, in order
   */
  record Budgets(
      long sent,
      long acked,
      long refused,
      long ackedByQemu,
      Map<String, List<String>> devicesByReason) {}

  /** Of the cohort that drifted, 0..1. */
  record Accuracy(double before, double during, double after) {}

  record TrainingMacs(long spent, long alwaysFull) {}

  /** One thing that must hold for the demo to have shown what it says. */
  record Check(String name, boolean ok, String detail) {}

  boolean ok() {
    return checks.stream().allMatch(Check::ok);
  }

  void writeJson(Path file) throws IOException {
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), this);
  }

  String text() {
    StringBuilder out = new StringBuilder();
    row(out, "devices", "%d simulated, %d in QEMU", devices.simulated, devices.qemu);
    row(
        out,
        "reports",
        "%d sent, %d in Kafka, %d lost, %d duplicates removed, %d dead letters",
        reports.sent,
        reports.inKafka,
        reports.lost,
        reports.duplicatesRemoved,
        reports.deadLettered);
    if (drift.alerted == null) {
      row(out, "drift", "%s changed at %s; NOT alerted", drift.cohort, time(drift.onset));
    } else {
      row(
          out,
          "drift",
          "%s changed at %s, alerted at %s (%.1f s later), onset estimated at %s",
          drift.cohort,
          time(drift.onset),
          time(drift.alerted),
          drift.delaySeconds,
          time(drift.estimatedOnset));
    }
    row(
        out,
        "fault",
        "sensor of %s broke at %s; %s",
        fault.device,
        time(fault.onset),
        fault.alerted == null
            ? "NOT alerted"
            : "alerted at " + time(fault.alerted) + ", attributed as " + fault.attributed);
    for (AlertLine alert : alerts) {
      row(out, "alert", "%s %s %s: %s", alert.status, alert.kind, alert.key, alert.sentence);
    }
    row(
        out,
        "budgets",
        "%d sent, %d acknowledged (%d by QEMU devices), %d refused",
        budgets.sent,
        budgets.acked,
        budgets.ackedByQemu,
        budgets.refused);
    row(
        out,
        "accuracy",
        "of %s: %.1f %% before, %.1f %% during, %.1f %% after",
        drift.cohort,
        100 * accuracy.before,
        100 * accuracy.during,
        100 * accuracy.after);
    row(
        out,
        "training",
        "%.1f M MACs spent; always-full would have spent %.1f M (%.1f %%)",
        trainingMacs.spent / 1e6,
        trainingMacs.alwaysFull / 1e6,
        100.0 * trainingMacs.spent / Math.max(1, trainingMacs.alwaysFull));
    for (Check check : checks) {
      row(out, check.ok ? "ok" : "FAILED", "%s: %s", check.name, check.detail);
    }
    return out.toString();
  }

  private static String time(String iso) {
    return iso == null ? "?" : iso.substring(11, 19);
  }

  private static void row(StringBuilder out, String label, String format, Object... arguments) {
    out.append("  %-9s ".formatted(label))
        .append(String.format(Locale.ROOT, format, arguments))
        .append('\n');
  }
}
