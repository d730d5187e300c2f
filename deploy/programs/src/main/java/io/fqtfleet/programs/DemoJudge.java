package io.fqtfleet.programs;

import io.fqtfleet.programs.DemoSummary.AlertLine;
import io.fqtfleet.programs.DemoSummary.Check;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.sim.fleet.EventSpecs.Drift;
import io.fqtfleet.sim.fleet.EventSpecs.Fault;
import io.fqtfleet.sim.fleet.Fleet;
import io.fqtfleet.sim.fleet.Member;
import io.fqtfleet.sim.fleet.Scenario;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Holds what Kafka shows against what the scenario did. */
final class DemoJudge {
  private static final long BEFORE_MS = 20_000;
  private static final long DURING_MS = 10_000;
  private static final long AFTER_MS = 15_000;

  /** Share of the lost accuracy that must have come back. */
  private static final double RECOVERED_MIN = 0.6;

  private final Scenario scenario;
  private final FleetObserver observer;
  private final Fleet fleet;
  private final double backwardMacsPerWindow;
  private final long startedAtMs;
  private final long endedAtMs;
  private final List<Check> checks = new ArrayList<>();

  DemoJudge(
      Scenario scenario,
      FleetObserver observer,
      Fleet fleet,
      double backwardMacsPerWindow,
      long startedAtMs,
      long endedAtMs) {
    this.scenario = scenario;
    this.observer = observer;
    this.fleet = fleet;
    this.backwardMacsPerWindow = backwardMacsPerWindow;
    this.startedAtMs = startedAtMs;
    this.endedAtMs = endedAtMs;
  }

  /** What happened, and whether it is what the demo promises. */
  DemoSummary judge(String source, double seconds, FleetObserver.Obedience obedience) {
    Drift drift = scenario.drifts().get(0);
    Fault fault = scenario.faults().get(0);
    DemoSummary.Reports reports = reports();
    DemoSummary.Drift driftFound = drift(drift);
    DemoSummary.Fault faultFound = fault(fault);
    noOtherAlert(drift.cohort(), faultFound.device());
    DemoSummary.Budgets budgets = budgets(obedience);
    DemoSummary.Accuracy accuracy = accuracy(drift);
    DemoSummary.TrainingMacs macs = trainingMacs();
    return new DemoSummary(
        scenario.seed(),
        source,
        seconds,
        new DemoSummary.Devices(scenario.simulatedDevices(), scenario.qemuDevices()),
        reports,
        driftFound,
        faultFound,
        observer.alerts().stream().map(DemoJudge::line).toList(),
        budgets,
        accuracy,
        macs,
        List.copyOf(checks));
  }

  private DemoSummary.Reports reports() {
    long sent = 0;
    long inKafka = 0;
    long lost = 0;
    for (var device : fleet.accounting().byDevice().values()) {
      long received = observer.received(device.device());
      sent += device.sent().size();
      inKafka += received;
      lost += device.sent().size() - received;
    }
    for (Member member : fleet.members()) {
      if (member.qemu()) {
        // What an image has sent is known from its own numbering alone.
        long received = observer.received(member.device());
        long gaps = observer.gaps(member.device());
        sent += received + gaps;
        inKafka += received;
        lost += gaps;
      }
    }
    check("no report lost", lost == 0 && inKafka > 0, "%d of %d in Kafka", inKafka, sent);
    return new DemoSummary.Reports(
        sent, inKafka, lost, observer.duplicates(), observer.deadLetters());
  }

  private DemoSummary.Drift drift(Drift drift) {
    long onsetMs = startedAtMs + drift.at().toMillis();
    Alert alert = first(AlertScope.COHORT, drift.cohort(), Set.of(AlertKind.DOMAIN_DRIFT), onsetMs);
    check(
        "drift found in its cohort",
        alert != null,
        alert == null ? "no DOMAIN_DRIFT of " + drift.cohort() : drift.cohort());
    return new DemoSummary.Drift(
        drift.cohort(),
        iso(onsetMs),
        alert == null ? null : iso(alert.getRaisedAtMs()),
        alert == null ? null : iso(alert.getOnsetMs()),
        alert == null ? null : (alert.getRaisedAtMs() - onsetMs) / 1000.0);
  }

  private DemoSummary.Fault fault(Fault fault) {
    String device =
        scenario.cohorts().stream()
            .filter(c -> c.name().equals(fault.cohort()))
            .map(c -> c.device(fault.device()))
            .findFirst()
            .orElseThrow();
    long onsetMs = startedAtMs + fault.at().toMillis();
    Alert alert =
        first(
            AlertScope.DEVICE,
            device,
            Set.of(AlertKind.DEVICE_FAULT, AlertKind.DEVICE_DRIFT),
            onsetMs);
    String kinds =
        observer.alerts().stream()
            .map(states -> states.get(states.size() - 1))
            .filter(a -> a.getKey().equals(device))
            .map(a -> a.getKind().name())
            .distinct()
            .collect(Collectors.joining(", "));
    check(
        "broken sensor attributed to its device",
        kinds.contains(AlertKind.DEVICE_FAULT.name()),
        "%s: %s",
        device,
        kinds.isEmpty() ? "no alert" : kinds);
    return new DemoSummary.Fault(
        device,
        iso(onsetMs),
        alert == null ? null : iso(alert.getRaisedAtMs()),
        kinds.isEmpty() ? null : kinds);
  }

  private Alert first(AlertScope scope, String key, Set<AlertKind> kinds, long notBeforeMs) {
    return observer.alerts().stream()
        .map(states -> states.get(0))
        .filter(a -> a.getScope() == scope && a.getKey().equals(key))
        .filter(a -> kinds.contains(a.getKind()) && a.getRaisedAtMs() >= notBeforeMs)
        .findFirst()
        .orElse(null);
  }

  private void noOtherAlert(String cohort, String device) {
    String others =
        observer.alerts().stream()
            .map(states -> states.get(0))
            .filter(
                a ->
                    a.getKind() == AlertKind.DISOBEDIENCE
                        || !a.getKey().equals(cohort) && !a.getKey().equals(device))
            .map(a -> a.getKind() + " of " + a.getKey())
            .collect(Collectors.joining(", "));
    check("no other alert", others.isEmpty(), others.isEmpty() ? "none" : others);
  }

  private DemoSummary.Budgets budgets(FleetObserver.Obedience obedience) {
    Set<String> images =
        fleet.members().stream()
            .filter(Member::qemu)
            .map(Member::device)
            .collect(Collectors.toSet());
    long byQemu = observer.budgetsAckedBy(images);
    check(
        "every device is on its last budget",
        obedience.withBudget() == fleet.members().size() && obedience.all(),
        "%d of %d",
        obedience.onLastBudget(),
        fleet.members().size());
    check(
        "no budget refused",
        observer.budgetsRefused() == 0,
        "%d refused",
        observer.budgetsRefused());
    if (!images.isEmpty()) {
      check("firmware in QEMU acknowledged budgets", byQemu >= images.size(), "%d", byQemu);
    }
    return new DemoSummary.Budgets(
        observer.budgetsSent(),
        observer.budgetsAcked(),
        observer.budgetsRefused(),
        byQemu,
        observer.devicesByReason());
  }

  private DemoSummary.Accuracy accuracy(Drift drift) {
    long onsetMs = startedAtMs + drift.at().toMillis();
    double before = observer.accuracy(drift.cohort(), onsetMs - BEFORE_MS, onsetMs - 1000);
    double during = observer.accuracy(drift.cohort(), onsetMs + 1000, onsetMs + DURING_MS);
    double after = observer.accuracy(drift.cohort(), endedAtMs - AFTER_MS, endedAtMs + 1000);
    check(
        "accuracy recovered",
        after - during >= RECOVERED_MIN * (before - during) && during < before,
        "%.0f %% -> %.0f %% -> %.0f %%",
        100 * before,
        100 * during,
        100 * after);
    return new DemoSummary.Accuracy(before, during, after);
  }

  private DemoSummary.TrainingMacs trainingMacs() {
    long spent = observer.macsBackward();
    long alwaysFull = Math.round(observer.samplesLabelled() * backwardMacsPerWindow);
    check(
        "training spent where the world changed",
        spent > 0 && spent < alwaysFull / 2,
        "%.1f %% of always-full",
        100.0 * spent / Math.max(1, alwaysFull));
    return new DemoSummary.TrainingMacs(spent, alwaysFull);
  }

  private void check(String name, boolean ok, String format, Object... arguments) {
    checks.add(new Check(name, ok, String.format(Locale.ROOT, format, arguments)));
  }

  private static AlertLine line(List<Alert> states) {
    Alert first = states.get(0);
    Alert last = states.get(states.size() - 1);
    return new AlertLine(
        last.getId(),
        last.getKind().name(),
        last.getScope().name(),
        last.getKey(),
        iso(first.getRaisedAtMs()),
        last.getStatus().name(),
        last.getSentence());
  }

  private static String iso(long epochMs) {
    return Instant.ofEpochMilli(epochMs).toString();
  }
}
