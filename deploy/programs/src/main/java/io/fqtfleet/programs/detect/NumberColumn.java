package io.fqtfleet.programs.detect;

import io.fqtfleet.streams.drift.DetectorKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * One column of numbers, read line by line. The first line may be a header; empty lines may only
 * stand at the end. Rows count from 0 and do not count the header.
 */
final class NumberColumn {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final Pattern NO_NUMBER =
      Pattern.compile("[+-]?(nan|inf|infinity|na|null|none)", Pattern.CASE_INSENSITIVE);
  private static final int SHOWN_MAX = 40;

  /** The input breaks a rule; the message names line, value, rule and remedy. */
  static final class BadLine extends Exception {
    private static final long serialVersionUID = 1L;

    BadLine(String message) {
      super(message);
    }
  }

  /** Takes one row. */
  @FunctionalInterface
  interface Rows {
    void row(long row, double value) throws IOException;
  }

  private final String source;
  private final DetectorKind kind;
  private long lines;
  private long rows;
  private long emptyLine;

  /**
   * @param source what the input is called in messages
   */
  NumberColumn(String source, DetectorKind kind) {
    this.source = source;
    this.kind = kind;
  }

  /**
   * Hands over every row.
   *
   * @return how many there were, at least one
   */
  long read(BufferedReader in, Rows sink) throws IOException, BadLine {
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      lines++;
      String text = (lines == 1 && line.startsWith("\uFEFF") ? line.substring(1) : line).strip();
      if (text.isEmpty()) {
        emptyLine = emptyLine == 0 ? lines : emptyLine;
      } else if (emptyLine > 0) {
        throw problem(emptyLine, "is empty, and rows follow; put a number there or delete it");
      } else if (!header(text)) {
        sink.row(rows, number(text));
        rows++;
      }
    }
    if (rows == 0) {
      throw new BadLine(source + " holds no row of numbers; give one number per line");
    }
    return rows;
  }

  private boolean header(String text) {
    boolean words = text.chars().anyMatch(Character::isLetter);
    boolean several = text.contains(",") || text.contains(";");
    return lines == 1
        && words
        && !several
        && !NUMBER.matcher(text).matches()
        && !NO_NUMBER.matcher(text).matches();
  }

  private double number(String text) throws BadLine {
    if (!NUMBER.matcher(text).matches()) {
      boolean several = text.contains(",") || text.contains(";") || text.contains("\t");
      throw problem(
          lines,
          several
              ? "'%s' has several columns, one is needed; cut it out, as with cut -d, -f2"
                  .formatted(shown(text))
              : "'%s' is not a number like 0, 1, 0.25 or 1e-3; correct or delete that row"
                  .formatted(shown(text)));
    }
    double value = Double.parseDouble(text);
    if (!kind.input().allow(value)) {
      throw problem(
          lines,
          "value %s is not %s, as %s needs; rescale the column, or take a detector for any number"
                  .formatted(shown(text), kind.input().rule(), kind.label())
              + ": adwin, page-hinkley, cusum, e-sr-gaussian");
    }
    return value;
  }

  private BadLine problem(long line, String what) {
    return new BadLine("%s line %d: %s".formatted(source, line, what));
  }

  private static String shown(String text) {
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
  }
}
