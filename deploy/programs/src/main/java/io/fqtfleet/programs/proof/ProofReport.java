package io.fqtfleet.programs.proof;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fqtfleet.programs.proof.ProofRun.Course;
import io.fqtfleet.programs.proof.ProofRun.Outcome;
import io.fqtfleet.programs.report.HtmlPage;
import io.fqtfleet.programs.report.Svg;
import io.fqtfleet.programs.report.Svg.Axes;
import io.fqtfleet.programs.report.Svg.Series;
import io.fqtfleet.programs.report.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the runs gave, as text, JSON and one HTML page. Equal runs give equal bytes. */
public final class ProofReport {
  /** Set before anything was measured. */
  private static final double AREA_MIN = 0.95;

  private static final double ENERGY_MAX = 0.25;
  private static final double HEALTHY_MAX = 0.02;
  private static final double APPLIED_MAX = 5;
  private static final double MOST = 0.95;

  private final ProofSettings settings;
  private final List<Outcome> outcomes;

  ProofReport(ProofSettings settings, List<Outcome> outcomes) {
    this.settings = settings;
    this.outcomes = List.copyOf(outcomes);
  }

  private List<Outcome> runs(ProofScenario scenario) {
    return outcomes.stream().filter(run -> run.scenario() == scenario).toList();
  }

  /** Runs in which a cohort's world changes and energy is no limit: what the targets are about. */
  private List<Outcome> changes() {
    return outcomes.stream()
        .filter(run -> run.scenario().isChange() && !run.scenario().isBatteryLimited())
        .toList();
  }

  /** Of one controller over one scenario; for tests. */
  Score score(ProofScenario scenario, Controller controller) {
    return Score.of(controller, runs(scenario));
  }

  private String conditions() {
    return ("%s: %d cohorts of %d devices, %d reports of %d windows each, changes at report %d;"
            + " %d seeds from %d.")
        .formatted(
            settings.worlds().name(),
            settings.worlds().cohorts(),
            settings.devices(),
            settings.rounds(),
            settings.windowsPerRound(),
            settings.onsetRound(),
            settings.seeds(),
            settings.firstSeed());
  }

  private Table table() {
    List<List<Object>> rows = new ArrayList<>();
    for (ProofScenario scenario : settings.scenarios()) {
      for (Controller controller : Controller.values()) {
        rows.add(row(scenario.id(), controller, Score.of(controller, runs(scenario))));
      }
    }
    if (!changes().isEmpty()) {
      for (Controller controller : Controller.values()) {
        rows.add(row("all changes", controller, Score.of(controller, changes())));
      }
    }
    return new Table(
        "proof",
        "Five controllers, the same devices and windows",
        "recovered: share of what always-full wins back; energy: training alone, share of"
            + " always-full's; healthy: training of devices that nothing happened to, share of"
            + " frozen's forward energy. 'all changes': without battery-limited.",
        List.of(
            "scenario",
            "controller",
            "accuracy",
            "lost area",
            "recovered",
            "recovery reports",
            "training MMACs",
            "energy mJ",
            "energy",
            "uJ/point",
            "healthy",
            "faulty kMACs",
            "before verdict",
            "violations"),
        rows);
  }

  private static List<Object> row(String scenario, Controller controller, Score s) {
    return List.of(
        scenario,
        controller.id(),
        s.meanAccuracy(),
        s.lostArea(),
        s.recoveredArea(),
        s.recoveryReports(),
        s.trainingMacs() / 1e6,
        s.energyMicroJoule() / 1e3,
        s.energyOfFull(),
        s.microJoulePerPoint(),
        s.healthyExtraShare(),
        s.faultyDeviceMacs() / 1e3,
        s.faultyMacsBeforeVerdict() / 1e3,
        s.budgetViolations());
  }

  private Table targets() {
    List<List<Object>> rows = new ArrayList<>();
    if (!changes().isEmpty()) {
      Score ours = Score.of(Controller.OURS, changes());
      rows.add(atLeast("recovered area, all changes", AREA_MIN, ours.recoveredArea()));
      rows.add(atMost("training energy of always-full's", ENERGY_MAX, ours.energyOfFull()));
      double applied = Score.quantile(Score.applications(changes()), MOST);
      rows.add(atMost("reports from alert to applied budget, p95", APPLIED_MAX, applied));
    }
    Score all = Score.of(Controller.OURS, outcomes);
    rows.add(atMost("training of healthy devices, share", HEALTHY_MAX, all.healthyExtraShare()));
    rows.add(atMost("MACs of devices known to be faulty", 0, all.faultyDeviceMacs()));
    rows.add(atMost("budget violations", 0, all.budgetViolations()));
    return new Table(
        "targets",
        "Targets",
        "Set before anything was measured.",
        List.of("what", "verdict", "target", "measured"),
        rows);
  }

  private static List<Object> atLeast(String what, double target, double measured) {
    boolean reached = measured >= target;
    return List.of(what, reached ? "REACHED" : "MISSED", ">= " + Table.cell(target), measured);
  }

  private static List<Object> atMost(String what, double target, double measured) {
    boolean reached = measured <= target;
    return List.of(what, reached ? "REACHED" : "MISSED", "<= " + Table.cell(target), measured);
  }

  private Table delays() {
    List<List<Object>> rows = new ArrayList<>();
    for (ProofScenario scenario : settings.scenarios()) {
      List<Outcome> runs = runs(scenario);
      List<Integer> found = Score.detections(runs);
      List<Integer> applied = Score.applications(runs);
      rows.add(
          List.of(
              scenario.id(),
              runs.stream().mapToInt(Outcome::alerts).average().orElse(0),
              found.size(),
              Score.quantile(found, 0.5),
              Score.quantile(found, MOST),
              Score.quantile(applied, 0.5),
              Score.quantile(applied, MOST)));
    }
    return new Table(
        "delays",
        "Ours: reports from the onset to the cohort's drift alert, and from it to the budget",
        "",
        List.of(
            "scenario",
            "alerts per run",
            "runs with drift alert",
            "alert p50",
            "alert p95",
            "applied p50",
            "applied p95"),
        rows);
  }

  public String text() {
    return conditions()
        + "\n\n"
        + table().text()
        + "\n"
        + delays().text()
        + "\n"
        + targets().text();
  }

  public void writeJson(Path file) throws IOException {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("conditions", conditions());
    root.put("controllers", scores(outcomes));
    Map<String, Object> scenarios = new LinkedHashMap<>();
    for (ProofScenario scenario : settings.scenarios()) {
      scenarios.put(scenario.id(), scores(runs(scenario)));
    }
    root.put("scenarios", scenarios);
    if (!changes().isEmpty()) {
      root.put("allChanges", scores(changes()));
    }
    root.put("delays", rows(delays()));
    root.put("targets", rows(targets()));
    parent(file);
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), root);
  }

  private static void parent(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
  }

  private static Map<String, Object> scores(List<Outcome> runs) {
    Map<String, Object> scores = new LinkedHashMap<>();
    for (Controller controller : Controller.values()) {
      scores.put(controller.id(), fields(Score.of(controller, runs)));
    }
    return scores;
  }

  private static Map<String, Object> fields(Score s) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("meanAccuracy", number(s.meanAccuracy()));
    fields.put("recoveredArea", number(s.recoveredArea()));
    fields.put("recoveryReports", number(s.recoveryReports()));
    fields.put("trainingMacs", number(s.trainingMacs()));
    fields.put("energyMicroJoule", number(s.energyMicroJoule()));
    fields.put("healthyExtraShare", number(s.healthyExtraShare()));
    fields.put("faultyDeviceMacs", number(s.faultyDeviceMacs()));
    fields.put("budgetViolations", s.budgetViolations());
    fields.put("lostArea", number(s.lostArea()));
    fields.put("forwardMacs", number(s.forwardMacs()));
    fields.put("energyOfAlwaysFull", number(s.energyOfFull()));
    fields.put("microJoulePerRecoveredPoint", number(s.microJoulePerPoint()));
    fields.put("faultyMacsBeforeVerdict", number(s.faultyMacsBeforeVerdict()));
    return fields;
  }

  private static List<Map<String, Object>> rows(Table table) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (List<Object> row : table.rows()) {
      Map<String, Object> cells = new LinkedHashMap<>();
      for (int i = 0; i < row.size(); i++) {
        Object cell = row.get(i);
        cells.put(table.columns().get(i), cell instanceof Double d ? number(d) : cell);
      }
      rows.add(cells);
    }
    return rows;
  }

  /** JSON knows neither NaN nor infinity. */
  private static Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }

  public void writeHtml(Path file) throws IOException {
    HtmlPage page =
        new HtmlPage("fleet evaluate", "What steered training wins back, and costs", conditions());
    String ours = Controller.OURS.id();
    page.table(targets(), ours);
    for (ProofScenario scenario : settings.scenarios()) {
      page.figure(scenario.id(), scenario.what, curves(scenario));
    }
    page.table(table(), ours);
    page.table(delays(), ours);
    parent(file);
    Files.writeString(file, page.text());
  }

  /** Accuracy over the reports, of the devices that it happens to, over all seeds. */
  private String curves(ProofScenario scenario) {
    List<Series> series = new ArrayList<>();
    for (Controller controller : Controller.values()) {
      double[] x = new double[settings.rounds()];
      double[] judged = new double[x.length];
      double[] y = new double[x.length];
      for (Outcome run : runs(scenario)) {
        Course course = run.courses().get(controller);
        for (int r = 0; r < x.length; r++) {
          judged[r] += course.judged()[r];
          y[r] += course.correct()[r];
        }
      }
      for (int r = 0; r < x.length; r++) {
        x[r] = r;
        y[r] = judged[r] == 0 ? 0 : y[r] / judged[r];
      }
      series.add(new Series(controller.id(), x, y));
    }
    Axes axes = new Axes("report", "accuracy", false, 0, settings.rounds(), 1);
    return Svg.lines("accuracy in " + scenario.id(), axes, series);
  }
}
