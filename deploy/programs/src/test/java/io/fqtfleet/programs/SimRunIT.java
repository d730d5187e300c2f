package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.localstack.MosquittoBroker;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 200 trace devices and a few exact ones through the whole stack, judged. */
class SimRunIT {
  /** After the storm devices repeat what nobody acknowledged: what comes twice is not judged. */
  private static final String SCENARIO =
      """
      name: short
      seed: 4
      duration: 15s
      domains: {hall: {speedRpm: 1772, load: 0.6}}
      cohorts:
        - {name: t, devices: 200, domain: hall, fidelity: trace, reportInterval: 1s}
        - {name: e, devices: 5, domain: hall, reportInterval: 1s}
      storms: [{at: 6s, share: 0.3, downFor: 1s}]
      expect: {lost: 0, onLastBudget: true, accuracy: 0.9}
      """;

  private final StringWriter said = new StringWriter();

  private int run(String... arguments) {
    PrintWriter out = new PrintWriter(said, true);
    return FleetCli.commandLine().setOut(out).setErr(out).execute(arguments);
  }

  /** The embedded broker keeps neither order nor every budget through a storm. */
  private static String broker() {
    boolean required = "1".equals(System.getenv("REQUIRE_TOOLS"));
    assumeTrue(
        MosquittoBroker.available() || required, "SKIPPED: mosquitto (Debian) is not installed");
    return "mosquitto";
  }

  @Test
  void reportsOfTraceAndExactDevicesAreAccountedForAndTheFilesSaySo(@TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("short.yaml");
    Files.writeString(file, SCENARIO);
    Path json = folder.resolve("run.json");
    Path html = folder.resolve("run.html");
    Path junit = folder.resolve("run.xml");
    Path hlog = folder.resolve("run.hlog");
    int code =
        run(
            List.of(
                    "sim",
                    "run",
                    file.toString(),
                    "--broker",
                    broker(),
                    "--json",
                    json.toString(),
                    "--html",
                    html.toString(),
                    "--junit",
                    junit.toString(),
                    "--hlog",
                    hlog.toString())
                .toArray(String[]::new));
    assertEquals(0, code, said.toString());
    JsonNode result = new ObjectMapper().readTree(json.toFile());
    assertEquals("", result.at("/partial").asText());
    assertEquals(200, result.at("/devices/trace").asInt());
    assertEquals(5, result.at("/devices/exact").asInt());
    long acknowledged = result.at("/reports/acknowledged").asLong();
    assertTrue(acknowledged > 500, said.toString());
    assertTrue(result.at("/reports/inKafka").asLong() >= acknowledged, said.toString());
    assertTrue(result.at("/publishToAck/count").asLong() >= acknowledged, said.toString());
    assertTrue(result.at("/reportToKafka/count").asLong() >= acknowledged, said.toString());
    assertEquals(0, result.at("/budgets/refused").asInt(), said.toString());
    assertTrue(Files.readString(html).contains("<svg"));
    assertTrue(Files.readString(junit).contains("failures=\"0\" errors=\"0\""));
    assertTrue(Files.readString(hlog).contains("Tag=publishToAck"));
    assertEquals(0, run("sim", "compare", json.toString(), json.toString()));
  }
}
