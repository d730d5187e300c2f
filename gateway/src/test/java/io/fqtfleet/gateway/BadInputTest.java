package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.contract.DeadLetter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The README's table of bad input against the code: neither has what the other lacks. */
class BadInputTest {
  private static final int CELLS = 5;
  private static final int ROWS_MIN = 40;
  private static final Pattern REASON = Pattern.compile("reason=\"([A-Z0-9_]+)\"");
  private static final Pattern METRIC = Pattern.compile("`(fqt_gateway_\\w+)[`{]");
  private static final Pattern TEST = Pattern.compile("`(\\w+)\\.(\\w+)`");

  /** Cause, seen as, what happens, what to do, test. */
  private static List<String[]> rows;

  private static String source;

  @BeforeAll
  static void read() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    int start = readme.indexOf("\n## Bad input\n");
    assertTrue(start >= 0, "README.md has no section 'Bad input'");
    String section = readme.substring(start + 1, readme.indexOf("\n## ", start + 5));
    rows =
        section
            .lines()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| cause |"))
            .map(line -> line.substring(1, line.lastIndexOf('|')).split("\\|", -1))
            .toList();
    assertTrue(rows.size() >= ROWS_MIN, "rows: " + rows.size());
    source = sources(Path.of("src/main/java"));
  }

  private static String sources(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .map(BadInputTest::text)
          .collect(Collectors.joining("\n"));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Test
  void everyRowSaysWhatHappensAndHasATestThatExists() throws IOException {
    for (String[] row : rows) {
      String cause = row[0].strip();
      assertEquals(CELLS, row.length, cause);
      assertTrue(!row[1].isBlank() && !row[2].isBlank(), cause);
      List<MatchResult> tests = TEST.matcher(row[4]).results().toList();
      assertFalse(tests.isEmpty(), "no test: " + cause);
      for (MatchResult test : tests) {
        assertExists(test.group(1), test.group(2), cause);
      }
    }
  }

  private static void assertExists(String type, String method, String cause) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      Path found =
          files
              .filter(path -> path.getFileName().toString().equals(type + ".java"))
              .findFirst()
              .orElseThrow(() -> new AssertionError("there is no " + type + ": " + cause));
      assertTrue(
          text(found).contains("void " + method + "("),
          () -> type + " has no " + method + ": " + cause);
    }
  }

  @Test
  void everyReasonHasARowAndEveryRowsReasonExists() {
    TreeSet<String> inTable = new TreeSet<>();
    for (String[] row : rows) {
      REASON.matcher(row[1]).results().forEach(found -> inTable.add(found.group(1)));
    }
    TreeSet<String> inCode = new TreeSet<>();
    for (DeadLetter.Reason reason : DeadLetter.Reason.values()) {
      inCode.add(reason.name());
    }
    assertEquals(inCode, inTable);
  }

  @Test
  void everyMetricOfTheTableIsWritten() {
    for (String[] row : rows) {
      METRIC
          .matcher(row[1])
          .results()
          .forEach(
              found ->
                  assertTrue(
                      source.contains('"' + found.group(1) + '"'),
                      () -> found.group(1) + " is written nowhere: " + row[0]));
    }
  }
}
