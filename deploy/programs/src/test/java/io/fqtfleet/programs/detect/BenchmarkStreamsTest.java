package io.fqtfleet.programs.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The published streams, and what was set as targets on them. */
class BenchmarkStreamsTest {
  private static final int SEEDS = BenchmarkStreams.SEEDS;

  private static Contender contender(String name) {
    return Contender.all().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  /** Figures that others published for MOA's detectors on these streams. */
  @Test
  void knownDetectorsReachTheirPublishedFigures() {
    BenchmarkStreams.Score adwin = BenchmarkStreams.onAbrupt(contender("adwin"), SEEDS);
    assertEquals(5.00, adwin.hits() / (double) SEEDS, 0.005);
    assertEquals(8.83, adwin.falseAlarms() / (double) SEEDS, 0.005);
    assertEquals(0.531, adwin.f1(), 0.0005);
    BenchmarkStreams.Score ddm = BenchmarkStreams.onAbrupt(contender("ddm"), SEEDS);
    assertEquals(0.30, ddm.falseAlarms() / (double) SEEDS, 0.005);
    assertEquals(0.971, ddm.f1(), 0.0005);
    assertEquals(0.136, BenchmarkStreams.onGradual(contender("adwin"), SEEDS).f1(), 0.0005);
    assertEquals(0.504, BenchmarkStreams.onGradual(contender("ddm"), SEEDS).f1(), 0.0005);
  }

  @Test
  void abruptChangesAreAllFoundWithinFifteenRowsWithoutFalseAlarm() {
    BenchmarkStreams.Score fast = BenchmarkStreams.onAbrupt(contender("e-sr c=1e4"), SEEDS);
    assertEquals(1, fast.f1());
    assertTrue(fast.delay() <= 15, "delay " + fast.delay());
    BenchmarkStreams.Score sure = BenchmarkStreams.onAbrupt(contender("e-sr c=1e6"), SEEDS);
    assertEquals(1, sure.f1());
    assertTrue(sure.delay() <= 25, "delay " + sure.delay());
  }

  @Test
  void gradualChangesAreAllFoundOnceWithinTwoHundredAndThirtyRows() {
    BenchmarkStreams.Score score = BenchmarkStreams.onGradual(contender("e-sr c=1e4"), SEEDS);
    assertEquals(1, score.f1());
    assertTrue(score.delay() <= 230, "delay " + score.delay());
  }

  @Test
  void onStationaryStreamsTheRowsBetweenAlarmsExceedTheNominal() {
    long rows = 400_000;
    for (String name : new String[] {"e-sr c=1e4", "e-cusum c=1e4", "e-sr-bounded c=1e4"}) {
      BenchmarkStreams.Quiet quiet = BenchmarkStreams.onStationary(contender(name), rows, 1);
      assertTrue(quiet.alarms() <= rows / 1e4, name + ": " + quiet.alarms() + " alarms, seed 1");
    }
  }

  @Test
  void aCostIsMeasuredForEachContender() throws java.io.IOException {
    DetectorCost cost = DetectorCost.measure(contender("e-sr c=1e5"));
    assertTrue(cost.nanosPerValue() > 0 && cost.nanosPerReport() > 0);
    assertTrue(cost.stateBytes() <= 200, cost.stateBytes() + " bytes");
  }
}
