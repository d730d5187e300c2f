package io.fqtfleet.programs.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConceptStreamsTest {
  @Test
  void streamsAreBalancedNoisyAndChangeWhereTheySay() {
    for (ConceptStreams kind : ConceptStreams.values()) {
      DataStream stream = kind.stream(1);
      int ones = 0;
      int wrong = 0;
      for (int row = 0; row < 10_000; row++) {
        boolean truth = kind.positive(0, stream.features()[row]);
        ones += stream.labels()[row];
        wrong += (stream.labels()[row] == 1) != truth ? 1 : 0;
      }
      assertEquals(5000, ones, 200, kind + " seed 1");
      assertEquals(1000, wrong, 120, kind + " seed 1");
      assertEquals(kind == ConceptStreams.CIRCLES ? 3 : 4, stream.changes().size());
    }
  }

  @Test
  void everyReversalOfSineIsFoundOnce() {
    Contender ours =
        Contender.all().stream().filter(c -> c.name().equals("e-sr c=1e6")).findFirst().get();
    List<DataStream> streams = List.of(ConceptStreams.SINE1.stream(1));
    ConceptStreams.Score score = ConceptStreams.SINE1.score(ours, streams);
    assertEquals(1, score.f1(), "seed 1");
    assertTrue(score.delay() < 60, "seed 1: delay " + score.delay());
    assertTrue(score.accuracy() > 0.8, "seed 1: " + score.accuracy());
  }
}
