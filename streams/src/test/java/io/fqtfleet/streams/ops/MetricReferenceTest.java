package io.fqtfleet.streams.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MetricReferenceTest {
  private static final Pattern COUNT = Pattern.compile("meters\\s*\\.count\\(\\s*\"([a-z_]+)\"");

  /** A failure here is mended by the command that stands above the table. */
  @Test
  void theTableOfTheReadmeIsMadeFromTheCode() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    assertEquals(MetricReference.PLACE.into(readme, MetricReference.table()), readme);
  }

  /** A counter that nobody has listed would stop the topology at its first count. */
  @Test
  void everyCounterOfTheTopologyIsListed() throws IOException {
    int found = 0;
    try (Stream<Path> walk = Files.walk(Path.of("src/main/java"))) {
      for (Path file : walk.filter(f -> f.toString().endsWith(".java")).toList()) {
        for (var call : COUNT.matcher(Files.readString(file)).results().toList()) {
          found++;
          assertEquals(Metric.Kind.COUNTER, Metric.counter(call.group(1)).kind, file.toString());
        }
      }
    }
    assertTrue(found > 10, "only " + found + " counters found");
  }

  @Test
  void aCounterWithOtherLabelsIsRefused() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Meters().count("reports", "device", "pump-07"));
    assertTrue(refused.getMessage().contains("has the labels 'fate'"), refused.getMessage());
  }
}
