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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole loop, twice with one seed: real brokers, gateway, streams and devices, once with
 * firmware in QEMU among them.
 */
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
    // Firmware in the loop decides nothing: without it the same follows for all other devices.
    DemoSummary second = run(false, null);
    assertEquals(trained(second, first), trained(first, second), "seed " + SEED);
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

  /** Who trained, or was forbidden to, for what; of the devices that take part in both runs. */
  private static Map<String, Set<String>> trained(DemoSummary summary, DemoSummary other) {
    Set<String> both = new TreeSet<>();
    other.budgets().devicesByReason().values().forEach(both::addAll);
    Map<String, Set<String>> trained = new TreeMap<>();
    for (String reason : List.of("DOMAIN_DRIFT", "DEVICE_TRIAL", "DEVICE_FAULT")) {
      Set<String> devices =
          new TreeSet<>(summary.budgets().devicesByReason().getOrDefault(reason, List.of()));
      devices.retainAll(both);
      trained.put(reason, devices);
    }
    return trained;
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
