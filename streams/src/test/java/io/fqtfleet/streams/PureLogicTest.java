package io.fqtfleet.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Detectors, budgets and decisions know neither Kafka nor clocks nor chance. */
class PureLogicTest {
  private static final Path SOURCES = Path.of("src/main/java/io/fqtfleet/streams");
  private static final Pattern IMPURE =
      Pattern.compile(
          "org\\.apache\\.kafka|currentTimeMillis|nanoTime|Instant\\.now|Math\\.random"
              + "|java\\.util\\.Random|import java\\.net|streams\\.topology|streams\\.ops");

  @Test
  void pureFoldersAreFreeOfKafkaClocksAndChance() throws IOException {
    List<String> impure = new ArrayList<>();
    int files = 0;
    for (String folder : List.of("drift", "budget", "rollout", "round", "policy")) {
      try (Stream<Path> walk = Files.walk(SOURCES.resolve(folder))) {
        for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile)::iterator) {
          files++;
          for (String line : Files.readAllLines(file)) {
            if (IMPURE.matcher(line).find()) {
              impure.add(file + ": " + line.strip());
            }
          }
        }
      }
    }
    assertEquals(List.of(), impure);
    assertTrue(files > 15, "only " + files + " files found below " + SOURCES.toAbsolutePath());
  }

  @Test
  void detectorsKnowNoBudgets() throws IOException {
    try (Stream<Path> walk = Files.walk(SOURCES.resolve("drift"))) {
      for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile)::iterator) {
        String text = Files.readString(file);
        assertTrue(
            !text.contains("io.fqtfleet.schemas") && !text.contains("streams.budget"),
            file.toString());
      }
    }
  }
}
