package io.fqtfleet.programs.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.MosquittoBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of the soak, and what it calls a failure. */
class GatewaySoakIT {
  @Test
  void whatKafkaDoesNotTakeWaitsInTheBroker(@TempDir Path directory) throws Exception {
    boolean required = "1".equals(System.getenv("REQUIRE_TOOLS"));
    Assumptions.assumeTrue(required || MosquittoBroker.available(), "no mosquitto here");
    GatewaySoak.Options options =
        new GatewaySoak.Options(GatewayBench.Broker.MOSQUITTO, Duration.ofSeconds(20), 800);
    Map<String, Object> figures = new GatewaySoak(options, line -> {}).run(directory);
    GatewaySoak.judge(figures);
    assertTrue((long) figures.get("queuedMax") > 1_000, figures.toString());
  }

  @Test
  void growthOverfullWindowsAndLostReportsAreFailures() {
    Map<String, Object> good =
        Map.of(
            "lost",
            0L,
            "outOfOrder",
            0L,
            "heapSecondQuarterMib",
            100.0,
            "heapLastQuarterMib",
            104.0,
            "inFlightMax",
            4_000L,
            "inFlightBound",
            4_096,
            "offeredPerSecond",
            3_000,
            "takenPerSecond",
            1_500L);
    GatewaySoak.judge(good);
    assertFails(good, "heapLastQuarterMib", 140.0, "the heap grew from 100.0 to 140.0 MiB");
    assertFails(good, "inFlightMax", 5_000L, "5000 messages in flight");
    assertFails(good, "lost", 1L, "lost: 1");
    assertFails(good, "takenPerSecond", 2_900L, "no back-pressure");
  }

  private static void assertFails(
      Map<String, Object> good, String name, Object value, String words) {
    Map<String, Object> bad = new HashMap<>(good);
    bad.put(name, value);
    String message =
        assertThrows(IllegalStateException.class, () -> GatewaySoak.judge(bad)).getMessage();
    assertTrue(message.contains(words), message);
    assertEquals(good.size(), bad.size());
  }
}
