package io.fqtfleet.programs.proof;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.programs.Home;
import io.fqtfleet.programs.PolicyCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One row of the evaluation, small, through the native devices and the production decisions. */
class ProofTest {
  private static final long SEED = 3;

  @TempDir private Path directory;

  private static ProofReport run(String scenario, int devices) throws IOException {
    Home home = Home.find();
    Proof.Order order =
        new Proof.Order(
            List.of(scenario),
            1,
            SEED,
            devices,
            75,
            10,
            null,
            home.models(),
            PolicyCommand.read(home.shippedPolicy(), 1));
    return Proof.run(order, new PrintStream(OutputStream.nullOutputStream()));
  }

  @Test
  void oursWinsBackWhatChangedForAFractionOfTheEnergy() throws IOException {
    ProofReport report = run("abrupt-load", 6);
    String text = "seed " + SEED + "\n" + report.text();
    Score frozen = report.score(ProofScenario.ABRUPT_LOAD, Controller.FROZEN);
    Score full = report.score(ProofScenario.ABRUPT_LOAD, Controller.ALWAYS_FULL);
    Score ours = report.score(ProofScenario.ABRUPT_LOAD, Controller.OURS);
    assertEquals(0, frozen.trainingMacs(), text);
    assertTrue(frozen.lostArea() > 10, text);
    assertTrue(ours.meanAccuracy() > frozen.meanAccuracy() + 0.03, text);
    assertTrue(ours.recoveredArea() > 0.8, text);
    assertTrue(ours.trainingMacs() > 0, text);
    assertTrue(ours.energyMicroJoule() < 0.25 * full.energyMicroJoule(), text);
    assertTrue(ours.healthyExtraShare() <= 0.02, text);
    for (Controller controller : Controller.values()) {
      assertEquals(0, report.score(ProofScenario.ABRUPT_LOAD, controller).budgetViolations(), text);
    }
    Path json = directory.resolve("first.json");
    report.writeJson(json);
    JsonNode row = new ObjectMapper().readTree(json.toFile()).at("/scenarios/abrupt-load/ours");
    assertEquals(ours.meanAccuracy(), row.get("meanAccuracy").asDouble(), text);
    assertEquals(0, row.get("budgetViolations").asInt(), text);
    Path html = directory.resolve("page.html");
    report.writeHtml(html);
    assertTrue(Files.readString(html).contains("<svg"), text);
    Path again = directory.resolve("again.json");
    run("abrupt-load", 6).writeJson(again);
    assertArrayEquals(Files.readAllBytes(json), Files.readAllBytes(again), text);
  }

  @Test
  void anUnknownScenarioIsNamedWithThoseThatThereAre() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> run("abrupt", 6));
    assertTrue(e.getMessage().contains("abrupt-load"), e.getMessage());
    e = assertThrows(IllegalArgumentException.class, () -> run("abrupt-load", 3));
    assertEquals("--devices 3 is not in 4..1000", e.getMessage());
  }
}
