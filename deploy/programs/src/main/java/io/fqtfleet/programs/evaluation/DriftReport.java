package io.fqtfleet.programs.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fqtfleet.programs.evaluation.Study.Figure;
import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.programs.report.HtmlPage;
import io.fqtfleet.programs.report.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything that was found, as text, JSON, CSV files and one HTML page without any fetch. */
final class DriftReport {
  private static final List<String> TARGET_COLUMNS =
      List.of("id", "what", "target", "reached", "verdict", "why");

  private final String title;
  private final List<Table> tables = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();

  /**
   * @param title what was run, with its seed
   */
  DriftReport(String title) {
    this.title = title;
  }

  void add(Study study) {
    tables.addAll(study.tables());
    figures.addAll(study.figures());
    targets.addAll(study.targets());
  }

  private Table targetTable() {
    return new Table(
        "targets",
        "Targets",
        "Set before anything was measured.",
        TARGET_COLUMNS,
        targets.stream()
            .map(
                t ->
                    List.<Object>of(
                        t.id(), t.what(), t.target(), t.reached(), t.verdict(), t.why()))
            .toList());
  }

  String text() {
    StringBuilder out = new StringBuilder();
    for (Table table : tables) {
      out.append(brief(table).text()).append('\n');
    }
    out.append("Targets\n");
    for (Target t : targets) {
      out.append(
          "  %-12s %-6s %s: wanted %s, got %s%s%n"
              .formatted(
                  t.verdict(),
                  t.id(),
                  t.what(),
                  t.target(),
                  t.reached(),
                  t.why().isEmpty() ? "" : " (" + t.why() + ")"));
    }
    return out.toString();
  }

  /** Of tables with a row per scenario and method people want ours; files hold the others. */
  private static Table brief(Table table) {
    int method = table.columns().indexOf("method");
    if (method < 1) {
      return table;
    }
    return new Table(
        table.id(),
        table.title(),
        table.note(),
        table.columns(),
        table.rows().stream()
            .filter(row -> row.get(method).equals(ScenarioRun.PRODUCTION))
            .toList());
  }

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (Table table : all()) {
      Files.writeString(folder.resolve(table.id() + ".csv"), table.csv());
    }
    writeJson(folder.resolve("report.json"));
    Files.writeString(folder.resolve("report.html"), html());
  }

  private List<Table> all() {
    List<Table> all = new ArrayList<>(List.of(targetTable()));
    all.addAll(tables);
    return all;
  }

  void writeJson(Path file) throws IOException {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("title", title);
    for (Table table : all()) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (List<Object> row : table.rows()) {
        Map<String, Object> cells = new LinkedHashMap<>();
        for (int i = 0; i < row.size(); i++) {
          cells.put(table.columns().get(i).strip(), number(row.get(i)));
        }
        rows.add(cells);
      }
      root.put(table.id(), rows);
    }
    Path parent = file.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), root);
  }

  /** JSON knows neither NaN nor infinity. */
  private static Object number(Object value) {
    return value instanceof Double number && !Double.isFinite(number) ? null : value;
  }

  private String html() {
    HtmlPage page =
        new HtmlPage(
            title,
            "How well drift is found and named",
            title + " Definitions stand in Scoring and Metrics.");
    page.table(targetTable(), ScenarioRun.PRODUCTION);
    for (Figure figure : figures) {
      page.figure(figure.title(), figure.caption(), figure.svg());
    }
    tables.forEach(table -> page.table(table, ScenarioRun.PRODUCTION));
    return page.text();
  }
}
