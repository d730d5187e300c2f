package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a wrong command line is answered with. */
class FleetCliTest {
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return FleetCli.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
  }

  @ParameterizedTest
  @CsvSource({
    "demo --devices 8, --devices 8 is not in 40..1000",
    "demo --devices 1001, --devices 1001 is not in 40..1000",
    "demo --data /nowhere --no-qemu, /nowhere: there is no such folder",
    "model check --model /nowhere.model, there is no such file; shipped models are in",
    "model evaluate --data /nowhere, /nowhere: there is no such folder",
    "model train --model bearing-mlp --mode float --out x, devices do not learn in floating",
    "model import --model bearing-mlp --weights /nowhere --out x, /nowhere: there is no such",
    "policy validate /nowhere.yaml, there is no such file",
    "policy get no/where, cohort 'no/where' is neither * nor",
    "policy restore no/where --version 1, cohort 'no/where' is neither * nor",
    "device enrol a/b, device id 'a/b' is not",
    "device move a b/c, cohort 'b/c' is not",
    "faults --scenario meteorite, --scenario 'meteorite' is none of kafka-stopped",
    "faults --broker hivemq, --broker 'hivemq' is none of",
    "faults --devices 3, --devices 3 is not in 8..500",
    "sim validate /nowhere.yaml, there is no such file",
    "sim run ../../device-sim/scenarios/steady.yaml --mqtt x --master-key-file k, 'x' is not HOST",
    "sim run ../../device-sim/scenarios/steady.yaml --slice x, --slice 'x' is not such as 2/4",
    "sim compare /nowhere.json b.json, /nowhere.json is not there; a run writes it with",
  })
  void whatIsWrongIsSaidInOneSentence(String commandLine, String expected) {
    assertEquals(1, run(commandLine.split(" ")));
    assertTrue(err.toString().contains("fleet: "), err.toString());
    assertTrue(err.toString().contains(expected), err.toString());
  }

  @Test
  void feedbackIsCheckedBeforeKafkaIsAskedForTheAlert() {
    assertEquals(1, run("alerts", "feedback", "1a", "--verdict", "true", "--author", " "));
    assertTrue(err.toString().contains("author: 0 characters are not 1..100"), err.toString());
    assertEquals(2, run("alerts", "feedback", "1a", "--verdict", "maybe"));
  }

  @Test
  void commandsOfTheRegistryAndOfPoliciesWantOneClearWay() {
    assertEquals(2, run("device", "replace", "a", "--keep-key", "--keys", "x"));
    assertTrue(err.toString().contains("give either --keys FILE or --keep-key"), err.toString());
    assertEquals(2, run("device", "enrol", "a", "--key-out", "x"));
    assertTrue(err.toString().contains("--key-out needs --keys"), err.toString());
    assertEquals(2, run("policy", "diff", "a.yaml", "--to", "3"));
    assertTrue(err.toString().contains("give a FILE, or --cohort NAME --from N"), err.toString());
    assertEquals(2, run("rollout", "list", "--output", "xml"));
  }

  @Test
  void anUnknownOptionIsACommandLineError() {
    assertEquals(2, run("demo", "--devises", "50"));
    assertTrue(err.toString().contains("--devises"), err.toString());
  }

  @Test
  void theGatewayAndItsDrainWantAConfiguration() {
    assertEquals(2, run("gateway", "--check-config"));
    assertTrue(err.toString().contains("'--config=FILE'"), err.toString());
    assertEquals(2, run("gateway", "drain", "--sessions", "4"));
    assertTrue(err.toString().contains("'--config=FILE'"), err.toString());
    assertEquals(2, run("gateway", "drain", "--config", "x", "--sessions", "four"));
    assertTrue(err.toString().contains("'four' is not an int"), err.toString());
  }
}
