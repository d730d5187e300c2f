package io.fqtfleet.programs;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What a long run shows: on a terminal events scroll, and below them one block that is redrawn in
 * place tells how it stands; anywhere else everything is a line, as a log wants it. Safe for many
 * threads.
 */
public final class LiveView {
  /** Set by the launcher if its output is a terminal: rows and columns, as stty tells them. */
  private static final String TERMINAL = "FQT_TERMINAL";

  private static final long REDRAW_MS = 1_000;
  private static final int BAR_CELLS = 30;
  private static final int COLUMNS_MIN = 20;
  private static final int ROWS_MIN = 5;

  private final Consumer<String> out;
  private final int rows;
  private final int columns;
  private List<String> block = List.of();

  /**
   * @param out prints a text as it is, at once
   * @param rows of the terminal
   * @param columns of the terminal; 0 = there is none
   */
  LiveView(Consumer<String> out, int rows, int columns) {
    this.out = out;
    this.rows = rows;
    this.columns = columns;
  }

  /** On the terminal that the launcher found, if any. */
  public static LiveView on(Consumer<String> out) {
    return of(out, System.getenv(TERMINAL));
  }

  /** Without a terminal if that is not "rows columns" of a usable size. */
  static LiveView of(Consumer<String> out, String terminal) {
    if (terminal == null || !terminal.matches("[0-9]{1,4} [0-9]{1,4}")) {
      return new LiveView(out, 0, 0);
    }
    int space = terminal.indexOf(' ');
    int rows = Integer.parseInt(terminal.substring(0, space));
    int columns = Integer.parseInt(terminal.substring(space + 1));
    return rows < ROWS_MIN || columns < COLUMNS_MIN
        ? new LiveView(out, 0, 0)
        : new LiveView(out, rows, columns);
  }

  /** Time between two calls of {@link #standing}. */
  public long everyMs(long asLinesMs) {
    return columns == 0 ? asLinesMs : REDRAW_MS;
  }

  /** An event: stays where it is. */
  public synchronized void line(String line) {
    out.accept(erased() + line + "\n" + drawn());
  }

  /**
   * How the run stands.
   *
   * @param line for where there is no terminal
   * @param now for the terminal; replaces the block before
   */
  public synchronized void standing(String line, List<String> now) {
    if (columns == 0) {
      line(line);
      return;
    }
    String erased = erased();
    block = fitting(now).stream().map(this::cut).toList();
    out.accept(erased + drawn());
  }

  /** The block stays as it stands; what follows comes below. */
  public synchronized void end() {
    block = List.of();
  }

  /** A share as a bar and a number: {@code ######.... 60 %}. */
  public static String bar(double share) {
    if (Double.isNaN(share)) {
      return ".".repeat(BAR_CELLS) + "    -";
    }
    int full = (int) Math.round(BAR_CELLS * Math.min(1, Math.max(0, share)));
    return "#".repeat(full)
        + ".".repeat(BAR_CELLS - full)
        + String.format(Locale.ROOT, " %3.0f %%", 100 * share);
  }

  /** Cursor to the block's first line, everything from there deleted (ECMA-48: CPL, ED). */
  private String erased() {
    return block.isEmpty() ? "" : "\u001b[" + block.size() + "F\u001b[J";
  }

  private String drawn() {
    return block.isEmpty() ? "" : String.join("\n", block) + "\n";
  }

  /** What has scrolled off the screen cannot be redrawn. */
  private List<String> fitting(List<String> now) {
    int most = rows - 1;
    if (now.size() <= most) {
      return now;
    }
    List<String> some = new ArrayList<>(now.subList(0, most - 1));
    some.add("... and %d lines more".formatted(now.size() - some.size()));
    return some;
  }

  /** A line that wraps would be two. */
  private String cut(String line) {
    return line.length() < columns ? line : line.substring(0, columns - 4) + "...";
  }
}
