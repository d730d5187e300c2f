package io.fqtfleet.programs.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.fqtfleet.localstack.MosquittoBroker;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of the fault suite: the most telling plugs, pulled for a few seconds each. */
class FaultsIT {
  private static final double SHORT = 0.3;

  @TempDir Path directory;

  @Test
  void nothingIsLostWhicheverPlugIsPulled() throws InterruptedException {
    List<FaultScenario> scenarios = Scenarios.named(Scenarios.SHORT);
    List<FaultRow> rows =
        new FaultSuite(directory, new FaultRun.Extent(20, 200, SHORT), true, System.out::println)
            .run(scenarios, List.of(broker()));
    assertEquals(scenarios.size(), rows.size());
    for (FaultRow row : rows) {
      assertEquals(List.of(), row.broken(), row.line());
      assertTrue(row.sent() > 100, row.line());
      assertTrue(row.budgetsWritten() > 20, row.line());
    }
  }

  private static String broker() {
    if (MosquittoBroker.available()) {
      return "mosquitto";
    }
    if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
      fail("REQUIRE_TOOLS=1, but mosquitto is not installed");
    }
    System.err.println("SKIPPED: faults on Mosquitto, which is not installed; Artemis instead");
    return "artemis";
  }
}
