package io.fqtfleet.programs.report;

import java.util.List;
import java.util.Locale;

/**
 * Numbers as people, CSV readers and JSON readers get them.
 *
 * @param id names its file
 * @param note what the columns mean, empty = nothing to add
 * @param rows numbers, strings and null for "does not apply"; as many per row as columns
 */
public record Table(
    String id, String title, String note, List<String> columns, List<List<Object>> rows) {
  public Table {
    rows.forEach(
        row -> {
          if (row.size() != columns.size()) {
            throw new IllegalArgumentException(
                id + ": a row has " + row.size() + " cells, not " + columns.size() + ": " + row);
          }
        });
  }

  /** For a person: four significant digits, "-" for what does not apply. */
  public static String cell(Object value) {
    if (value == null) {
      return "-";
    }
    if (!(value instanceof Double number)) {
      return value.toString();
    }
    if (number.isNaN()) {
      return "-";
    }
    if (number.isInfinite()) {
      return number > 0 ? "inf" : "-inf";
    }
    double size = Math.abs(number);
    if (size < 1e6 && number == Math.rint(number)) {
      return String.format(Locale.ROOT, "%.0f", number);
    }
    if (size >= 1e6 || size > 0 && size < 1e-3) {
      return String.format(Locale.ROOT, "%.2e", number);
    }
    int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + digits + "f", number);
  }

  public String text() {
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = columns.get(i).length();
      for (List<Object> row : rows) {
        widths[i] = Math.max(widths[i], cell(row.get(i)).length());
      }
    }
    StringBuilder out = new StringBuilder(title).append('\n');
    line(out, columns, widths, columns);
    for (List<Object> row : rows) {
      line(out, row, widths, row);
    }
    if (!note.isEmpty()) {
      out.append("  ").append(note).append('\n');
    }
    return out.toString();
  }

  /** Numbers to the right, words to the left. */
  private static void line(StringBuilder out, List<?> cells, int[] widths, List<?> kinds) {
    StringBuilder line = new StringBuilder(" ");
    for (int i = 0; i < widths.length; i++) {
      boolean left = i == 0 || kinds.get(i) instanceof String && i < 2;
      String format = " %" + (left ? "-" : "") + widths[i] + "s ";
      line.append(String.format(Locale.ROOT, format, cell(cells.get(i))));
    }
    out.append(line.toString().stripTrailing()).append('\n');
  }

  public String csv() {
    StringBuilder out = new StringBuilder(String.join(",", columns)).append('\n');
    for (List<Object> row : rows) {
      out.append(String.join(",", row.stream().map(Table::csvCell).toList())).append('\n');
    }
    return out.toString();
  }

  private static String csvCell(Object value) {
    if (value == null || value instanceof Double number && number.isNaN()) {
      return "";
    }
    String text = value.toString();
    boolean quoted = text.contains(",") || text.contains("\"");
    return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
