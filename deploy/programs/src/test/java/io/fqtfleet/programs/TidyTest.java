package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the code base that no compiler checks. */
class TidyTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Set<String> TOP =
      Set.of(
          "pom.xml",
          "README.md",
          "LICENSE",
          "gateway",
          "streams",
          "device-sim",
          "firmware",
          "schemas",
          "deploy");
  private static final int LINE_MAX = 100;
  private static final int JAVA_LINES_MAX = 400;
  private static final int C_LINES_MAX = 700;
  private static final Pattern UNFINISHED =
      Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b|@Dis" + "abled");

  @Test
  void topLevelHoldsWhatWasAgreed() throws IOException {
    try (Stream<Path> files = Files.list(ROOT)) {
      List<String> extra =
          files
              .map(p -> p.getFileName().toString())
              .filter(name -> !name.startsWith(".") && !name.equals("target"))
              .filter(name -> !TOP.contains(name))
              .toList();
      assertEquals(List.of(), extra);
    }
  }

  @Test
  void pahoIsImportedByOneClassAndPureLogicKnowsNoKafka() throws IOException {
    List<String> problems = new ArrayList<>();
    sources(
        (path, lines) -> {
          boolean test = path.contains("/src/test/");
          for (String line : lines) {
            if (line.startsWith("import org.eclipse.paho") && !test && !path.contains("Paho")) {
              problems.add(path + ": " + line);
            }
            if (line.startsWith("import org.apache.kafka")
                && path.matches("streams/src/main/.*/(drift|budget)/.*")) {
              problems.add(path + ": " + line);
            }
            if (line.startsWith("import com.hivemq") && !test && !path.contains("/sim/link/")) {
              problems.add(path + ": " + line);
            }
          }
        });
    assertEquals(List.of(), problems);
  }

  @Test
  void filesAndLinesAreShortAndNothingIsUnfinished() throws IOException {
    List<String> problems = new ArrayList<>();
    sources(
        (path, lines) -> {
          int max = path.endsWith(".java") ? JAVA_LINES_MAX : C_LINES_MAX;
          if (lines.size() > max) {
            problems.add("%s has %d lines, over %d".formatted(path, lines.size(), max));
          }
          for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).length() > LINE_MAX) {
              problems.add("%s:%d is over %d wide".formatted(path, i + 1, LINE_MAX));
            }
            if (UNFINISHED.matcher(lines.get(i)).find()) {
              problems.add("%s:%d is unfinished or switched off".formatted(path, i + 1));
            }
          }
        });
    assertEquals(List.of(), problems);
  }

  @Test
  void everyJavaPackageSaysWhatItIsFor() throws IOException {
    List<String> silent = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(ROOT)) {
      walk.filter(p -> p.toString().endsWith(".java"))
          .filter(p -> p.toString().contains("/src/main/java/"))
          .map(Path::getParent)
          .distinct()
          .filter(p -> !Files.exists(p.resolve("package-info.java")))
          .forEach(p -> silent.add(ROOT.relativize(p).toString()));
    }
    assertEquals(List.of(), silent);
  }

  private static void sources(BiConsumer<String, List<String>> visit) throws IOException {
    int[] visited = new int[1];
    try (Stream<Path> walk = Files.walk(ROOT)) {
      for (Path file : (Iterable<Path>) walk::iterator) {
        String path = ROOT.relativize(file).toString();
        boolean built = path.contains("target/") || path.startsWith("firmware/build/");
        boolean generated = path.contains("/generated/") || path.contains("fqt_wire_text");
        if (path.matches(".*\\.(java|c|h)") && !built && !generated) {
          visit.accept(path, Files.readAllLines(file));
          visited[0]++;
        }
      }
    }
    assertTrue(visited[0] > 50, "only " + visited[0] + " sources found below " + ROOT);
  }
}
