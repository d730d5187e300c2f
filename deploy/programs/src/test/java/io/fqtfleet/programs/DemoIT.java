package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.sim.link.QemuDevice;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole loop, twice with one seed: real brokers, gateway, streams, devices and firmware. */
class DemoIT {
  private static final int DEVICES = 80;
  private static final long SEED = 7;

  @TempDir private Path directory;

  @Test
  void theLoopClosesAndOneSeedGivesTheSameAlerts() throws IOException, InterruptedException {
    boolean qemu = qemuIsThere();
    Path json = directory.resolve("summary.json");
    DemoSummary first = run(qemu, json);
    assertJson(new ObjectMapper().readTree(json.toFile()), first);
    DemoSummary second = run(qemu, null);
    assertEquals(incidents(first), incidents(second), "seed " + SEED);
  }

  private static DemoSummary run(boolean qemu, Path json) throws IOException, InterruptedException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    DemoOptions options = new DemoOptions(null, DEVICES, qemu, SEED, false, json);
    DemoSummary summary;
    try (PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
      summary = new Demo(options, out).summarise();
    }
    String text = said.toString(StandardCharsets.UTF_8);
    System.out.println(text);
    assertTrue(summary.ok(), text);
    return summary;
  }

  /** Kind, scope and key of each incident. */
  private static Set<String> incidents(DemoSummary summary) {
    Set<String> incidents = new TreeSet<>();
    summary.alerts().forEach(a -> incidents.add(a.kind() + " " + a.scope() + " " + a.key()));
    return incidents;
  }

  private static void assertJson(JsonNode json, DemoSummary summary) {
    for (String pointer :
        List.of(
            "/devices/simulated",
            "/devices/qemu",
            "/reports/sent",
            "/reports/inKafka",
            "/reports/lost",
            "/reports/duplicatesRemoved",
            "/reports/deadLettered",
            "/drift/cohort",
            "/drift/onset",
            "/fault/device",
            "/alerts/0/id",
            "/alerts/0/kind",
            "/alerts/0/scope",
            "/alerts/0/key",
            "/alerts/0/raised",
            "/alerts/0/status",
            "/budgets/sent",
            "/budgets/acked",
            "/budgets/refused",
            "/budgets/ackedByQemu",
            "/accuracy/before",
            "/accuracy/during",
            "/accuracy/after",
            "/trainingMacs/spent",
            "/trainingMacs/alwaysFull")) {
      assertTrue(json.at(pointer).isValueNode(), pointer + " is missing in " + json);
    }
    assertEquals(0, json.at("/reports/lost").asLong());
    assertEquals(summary.reports().sent(), json.at("/reports/sent").asLong());
  }

  private static boolean qemuIsThere() {
    try {
      QemuDevice.requireAvailable(Home.find().firmwareImage());
      return true;
    } catch (IllegalStateException e) {
      if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
        fail("REQUIRE_TOOLS=1, but " + e.getMessage());
      }
      System.err.println("SKIPPED: firmware images in the demo: " + e.getMessage());
      return false;
    }
  }
}
