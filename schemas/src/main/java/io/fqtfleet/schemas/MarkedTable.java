package io.fqtfleet.schemas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A table of a README that is made from the code: it stands between two marks, and a test holds it
 * equal.
 *
 * @param what it lists, such as settings
 * @param maker the class that prints it and puts it there
 */
public record MarkedTable(String what, Class<?> maker) {
  public String begin() {
    return "<!-- %s: made by %s, do not edit -->\n".formatted(what, maker.getSimpleName());
  }

  public String end() {
    return "<!-- end of %s -->\n".formatted(what);
  }

  /**
   * The text with the table between its marks.
   *
   * @throws IllegalArgumentException if the marks are not there
   */
  public String into(String text, String table) {
    int begin = text.indexOf(begin());
    int end = text.indexOf(end());
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(
          "there is no place for the table: put the line %sand after it the line %s"
              .formatted(begin(), end()));
    }
    return text.substring(0, begin + begin().length()) + table + text.substring(end);
  }

  /** Without an argument prints the table; with the path of a file puts it between its marks. */
  public void main(String[] args, String table) throws IOException {
    if (args.length == 0) {
      System.out.print(table);
      return;
    }
    Path file = Path.of(args[0]);
    Files.writeString(file, into(Files.readString(file), table));
  }
}
