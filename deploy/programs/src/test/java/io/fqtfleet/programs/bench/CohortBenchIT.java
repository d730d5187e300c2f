package io.fqtfleet.programs.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cohort in shards on a real broker: every round is decided, and its drift is found. */
class CohortBenchIT {
  @TempDir Path directory;

  @Test
  void aCohortInShardsIsDecidedRoundByRound() throws Exception {
    List<String> lines = new ArrayList<>();
    Map<String, Object> figures =
        new CohortBench(new CohortBench.Options(600, 5, 12, 2000, 3, 1), lines::add).run(directory);
    assertEquals(12, lines.size(), lines.toString());
    assertTrue(lines.stream().anyMatch(l -> l.contains("600 devices reported")), lines.toString());
    assertTrue(figures.containsKey("incidentRoundSecondsMedian"), lines.toString());
    assertTrue(figures.containsKey("calmRoundSecondsMedian"), lines.toString());
  }
}
