package io.fqtfleet.programs.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fqtfleet.programs.evaluation.Study.Figure;
import io.fqtfleet.programs.evaluation.Study.Target;
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

  /** Longer tables are folded. */
  private static final int ROWS_OPEN = 60;

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
    StringBuilder out = new StringBuilder();
    out.append("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>\n<title>")
        .append(Svg.escape(title))
        .append("</title>\n<meta name='viewport' content='width=device-width'>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>How well drift is found and named</h1>\n<p>")
        .append(Svg.escape(title))
        .append(" Definitions stand in <code>Scoring</code> and <code>Metrics</code>.</p>\n");
    table(out, targetTable());
    for (Figure figure : figures) {
      out.append("<figure><h2>")
          .append(Svg.escape(figure.title()))
          .append("</h2>\n")
          .append(figure.svg())
          .append("\n<figcaption>")
          .append(Svg.escape(figure.caption()))
          .append("</figcaption></figure>\n");
    }
    tables.forEach(table -> table(out, table));
    return out.append("</body></html>\n").toString();
  }

  private static void table(StringBuilder out, Table table) {
    out.append("<section><h2>").append(Svg.escape(table.title())).append("</h2>\n");
    if (!table.note().isEmpty()) {
      out.append("<p>").append(Svg.escape(table.note())).append("</p>\n");
    }
    boolean many = table.rows().size() > ROWS_OPEN;
    if (many) {
      out.append("<details><summary>").append(table.rows().size()).append(" rows</summary>\n");
    }
    out.append("<div class='wide'><table><thead><tr>");
    for (int i = 0; i < table.columns().size(); i++) {
      boolean words = !table.rows().isEmpty() && table.rows().get(0).get(i) instanceof String;
      out.append(words ? "<th class='w'>" : "<th>")
          .append(Svg.escape(table.columns().get(i)))
          .append("</th>");
    }
    out.append("</tr></thead><tbody>\n");
    for (List<Object> row : table.rows()) {
      out.append(row.contains(ScenarioRun.PRODUCTION) ? "<tr class='ours'>" : "<tr>");
      for (Object cell : row) {
        boolean words = cell instanceof String;
        String text = Table.cell(cell);
        String verdict = List.of("REACHED", "MISSED", "NOT MEASURED").contains(text) ? text : "";
        out.append(words ? "<td class='w " : "<td class='")
            .append(verdict.replace(' ', '-').toLowerCase(java.util.Locale.ROOT))
            .append("'>")
            .append(Svg.escape(text))
            .append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>").append(many ? "</details>" : "").append("</section>\n");
  }

  private static final String STYLE =
      """
      :root { color-scheme: light; --ink: #1d2327; --soft: #5b6770; --line: #d9dee2; }
      body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff;
        max-width: 1080px; margin: 2rem auto; padding: 0 1.2rem; }
      h1 { font-size: 1.7rem; margin-bottom: .2rem; }
      h2 { font-size: 1.1rem; margin: 2.2rem 0 .3rem; }
      p, figcaption { color: var(--soft); margin: .2rem 0 .8rem; max-width: 75ch; }
      figure { margin: 0; }
      svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--ink); }
      svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
      th { text-align: right; border-bottom: 2px solid var(--ink); padding: .3rem .55rem;
        white-space: nowrap; }
      th.w { text-align: left; }
      td { text-align: right; border-bottom: 1px solid var(--line); padding: .22rem .55rem; }
      td.w { text-align: left; }
      tr.ours td { font-weight: 600; background: #eef6f2; }
      td.reached { color: #0b6e4f; font-weight: 600; }
      td.missed { color: #b3261e; font-weight: 600; }
      td.not-measured { color: var(--soft); }
      """;
}
