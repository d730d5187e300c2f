package io.fqtfleet.programs.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small measurement: it ends, names its figures, and accounts for every report. */
class GatewayBenchIT {
  @Test
  void everyReportOfAMeasurementIsAccountedFor(@TempDir Path directory) throws Exception {
    GatewayBench.Options options =
        new GatewayBench.Options(GatewayBench.Broker.ARTEMIS, 4_000, 500, 2, 1);
    Map<String, Object> figures = new GatewayBench(options, line -> {}).run(directory);
    GatewayBench.judge(figures);
    assertEquals(0L, figures.get("duplicated"));
    for (String name :
        new String[] {
          "reportsPerSecond",
          "ratioToBareMqtt",
          "ratioToBareKafka",
          "cpuMicrosPerReport",
          "p50Millis",
          "p99Millis",
          "p999Millis",
          "pubackP99Millis"
        }) {
      double value = ((Number) figures.get(name)).doubleValue();
      assertTrue(value > 0, name + " = " + value);
    }
    assertTrue(
        ((Map<?, ?>) figures.get("cpuMicrosByComponent")).containsKey("mqttBroker"),
        figures.toString());
  }

  @Test
  void aLostReportFailsTheCommand() {
    Map<String, Object> figures = Map.of("lost", 3L, "outOfOrder", 0L);
    IllegalStateException failure =
        assertThrows(IllegalStateException.class, () -> GatewayBench.judge(figures));
    assertTrue(failure.getMessage().contains("lost: 3"), failure.getMessage());
  }
}
