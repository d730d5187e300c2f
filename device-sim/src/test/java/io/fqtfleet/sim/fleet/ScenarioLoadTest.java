package io.fqtfleet.sim.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.fqtfleet.schemas.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of load that makes no sense. */
class ScenarioLoadTest {
  @Test
  void loadThatCannotBeMeantIsRefusedOnItsLine(@TempDir Path folder) throws IOException {
    String cohorts = "domains: {a: {}}\ncohorts:\n  - {name: c, devices: 2, domain: a%s}\n";
    String trace = cohorts.formatted(", fidelity: trace");
    String exact = cohorts.formatted("");
    Map<String, String> wrong = new LinkedHashMap<>();
    wrong.put(
        trace + "phases:\n  - {name: p, lasts: 10s, rate: -3}\n",
        "line 5: phases[0]: rate = -3 is not in 0..1000000");
    wrong.put(
        trace + "duration: 30s\nphases: [{name: p, lasts: 10s}]\n",
        "line 5: phases: last 10s together, but duration = 30s; leave duration out");
    wrong.put(
        trace + "phases: [{name: p, lasts: 10s, fromRate: 3}]\n",
        "line 4: phases[0]: fromRate = 3.0 contradicts a phase without rate; add rate");
    wrong.put(
        exact + "phases: [{name: p, lasts: 10s}]\n",
        "line 4: phases: no cohort has fidelity: trace; exact devices keep their own pace");
    wrong.put(
        exact + "storms: [{at: 1s, cohort: c}]\n",
        "line 4: storms[0]: cohort 'c' is not one of those with fidelity: trace, []");
    wrong.put(
        trace + "duration: 9s\nstorms: [{at: 9s}]\n",
        "line 5: storms[0]: at = 9s is not before the end, 9s");
    wrong.put(
        cohorts.formatted(", arrivals: poisson"),
        "line 3: cohorts[0]: arrivals = poisson needs fidelity: trace; an exact device keeps its"
            + " own interval");
    wrong.put(
        cohorts.formatted(", recording: x.fqr"),
        "line 3: cohorts[0]: recording = 'x.fqr' is replayed by trace devices only; add fidelity:"
            + " trace");
    wrong.put(
        trace + "\nexpct: {lost: 0}\n", "line 5: expct: is an unknown key; did you mean 'expect'?");
    wrong.put(trace + "expect: {lost: -1}\n", "line 4: expect: lost = -1 is not 0 or more");
    wrong.put(
        trace + "link: {latePermille: 5}\n",
        "line 4: link: lateBy is missing: how late are the late reports?");
    Path file = folder.resolve("wrong.yaml");
    for (Map.Entry<String, String> entry : wrong.entrySet()) {
      Files.writeString(file, entry.getKey());
      ConfigException e = assertThrows(ConfigException.class, () -> Scenario.read(file));
      assertEquals(List.of(entry.getValue()), e.problems(), entry.getKey());
    }
  }
}
