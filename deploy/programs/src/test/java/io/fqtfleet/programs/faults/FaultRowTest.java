package io.fqtfleet.programs.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What counts as a broken promise, and the names that machines read. */
class FaultRowTest {
  private static FaultRow row(boolean kept, long lost, long outOfOrder, long samplesLost) {
    return new FaultRow(
        "f",
        "b",
        100,
        100,
        100 - lost,
        lost,
        3,
        outOfOrder,
        1.5,
        samplesLost,
        9,
        0,
        0,
        kept,
        false,
        "",
        null,
        null);
  }

  @Test
  void aBrokerThatKeepsWhatItAcknowledgedExcusesNothing() {
    assertEquals(List.of(), row(true, 0, 0, 0).broken());
    assertEquals(List.of("1 reports lost"), row(true, 1, 0, 0).broken());
    assertEquals(List.of("2 reports out of order"), row(true, 0, 2, 0).broken());
  }

  @Test
  void aKilledBrokerMayLoseReportsButNoSamples() {
    assertEquals(List.of(), row(false, 50, 0, 0).broken());
    assertEquals(List.of("32 samples lost"), row(false, 50, 0, 32).broken());
  }

  @Test
  void theJsonHasTheAgreedNames() {
    JsonNode json = new ObjectMapper().valueToTree(row(true, 1, 2, 0));
    for (String name : List.of("sent", "acked", "inKafka", "lost", "duplicated", "outOfOrder")) {
      assertTrue(json.get(name).isIntegralNumber(), name);
    }
    assertEquals("f", json.get("fault").asText());
    assertEquals(1.5, json.get("recoverySeconds").asDouble());
    assertFalse(json.has("skipped"), "only of those that were not run");
  }

  @Test
  void whatWasSkippedOrFailedSaysSo() {
    FaultRow skipped = FaultRow.skipped("f", "b", "no disk");
    assertTrue(skipped.line().contains("SKIPPED: no disk"), skipped.line());
    assertEquals(List.of(), skipped.broken());
    assertEquals(
        List.of("not run to its end: no start"), FaultRow.failed("f", "b", "no start").broken());
  }

  @Test
  void everyFaultHasANameOfItsOwnAndAnUnknownOneIsRefusedWithTheList() {
    List<String> names = Scenarios.all().stream().map(FaultScenario::name).toList();
    assertEquals(names.size(), new HashSet<>(names).size());
    assertEquals(Scenarios.SHORT.size(), Scenarios.named(Scenarios.SHORT).size());
    var refused =
        assertThrows(IllegalArgumentException.class, () -> Scenarios.named(List.of("meteorite")));
    assertTrue(refused.getMessage().contains("'meteorite' is none of kafka-stopped"));
  }
}
