package io.fqtfleet.programs.report;

import java.util.List;
import java.util.Locale;

/** One page of tables and figures that fetches nothing. */
public final class HtmlPage {
  /** Longer tables are folded. */
  private static final int ROWS_OPEN = 60;

  private final StringBuilder out = new StringBuilder();

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

  public HtmlPage(String title, String heading, String introduction) {
    out.append("<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>\n<title>")
        .append(Svg.escape(title))
        .append("</title>\n<meta name='viewport' content='width=device-width'>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>")
        .append(Svg.escape(heading))
        .append("</h1>\n<p>")
        .append(Svg.escape(introduction))
        .append("</p>\n");
  }

  public void figure(String title, String caption, String svg) {
    out.append("<figure><h2>")
        .append(Svg.escape(title))
        .append("</h2>\n")
        .append(svg)
        .append("\n<figcaption>")
        .append(Svg.escape(caption))
        .append("</figcaption></figure>\n");
  }

  /**
   * @param ours rows with this cell stand out
   */
  public void table(Table table, String ours) {
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
      out.append(row.contains(ours) ? "<tr class='ours'>" : "<tr>");
      row.forEach(this::cell);
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>").append(many ? "</details>" : "").append("</section>\n");
  }

  private void cell(Object cell) {
    boolean words = cell instanceof String;
    String text = Table.cell(cell);
    String verdict = List.of("REACHED", "MISSED", "NOT MEASURED").contains(text) ? text : "";
    out.append(words ? "<td class='w " : "<td class='")
        .append(verdict.replace(' ', '-').toLowerCase(Locale.ROOT))
        .append("'>")
        .append(Svg.escape(text))
        .append("</td>");
  }

  public String text() {
    return out + "</body></html>\n";
  }
}
