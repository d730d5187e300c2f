package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeviceLaneTest {
  private static final int CHANGE_EVERY = 1000;
  private static final int OBSERVATIONS = 10_000;

  /** One observation per report, as the published streams have it. */
  private static DeviceLane.Settings single(double c) {
    return new DeviceLane.Settings(60, 50, 0.5 * Math.log(c), Math.log(c));
  }

  private static DeviceLane.Settings fleet() {
    return Thresholds.of(1, 2000, 200, 50).lane(16, 8);
  }

  private static int binomial(Random random, int n, double p) {
    int k = 0;
    for (int i = 0; i < n; i++) {
      k += random.nextDouble() < p ? 1 : 0;
    }
    return k;
  }

  /** Alarms on MOA's AbruptChangeGenerator, period 2000: p is .2, from each odd thousand on .8. */
  private static List<Integer> alarmsOnAbruptStream(long seed, double c) {
    Random random = new Random(seed);
    DeviceLane lane = new DeviceLane();
    DeviceLane.Settings settings = single(c);
    List<Integer> alarms = new ArrayList<>();
    int latchedUntil = 0;
    for (int t = 0; t < OBSERVATIONS; t++) {
      double p = t / CHANGE_EVERY % 2 == 0 ? 0.2 : 0.8;
      lane.observe(random.nextDouble() <= p ? 1 : 0, 1, t, settings);
      if (lane.logEvidence() >= settings.logThreshold()) {
        lane.restart();
        if (t >= latchedUntil) {
          alarms.add(t);
          latchedUntil = t + CHANGE_EVERY;
        }
      }
    }
    return alarms;
  }

  private static void checkAbrupt(double c, double expectedDelay) {
    int hits = 0;
    int alarms = 0;
    long delay = 0;
    int changes = 0;
    for (long seed = 1; seed <= 30; seed++) {
      List<Integer> found = alarmsOnAbruptStream(seed, c);
      alarms += found.size();
      changes += 5;
      for (int alarm : found) {
        if (alarm / CHANGE_EVERY % 2 == 1) {
          hits++;
          delay += alarm % CHANGE_EVERY;
        }
      }
    }
    double f1 = 2.0 * hits / (alarms + changes);
    double meanDelay = (double) delay / hits;
    assertEquals(1, f1, "F1 at c = " + c);
    assertEquals(expectedDelay, meanDelay, 0.005, "delay at c = " + c);
  }

  @Test
  void abruptChangesAreFoundAtOnceAndOnce() {
    checkAbrupt(1e4, 14.28);
    checkAbrupt(1e5, 18.60);
    checkAbrupt(1e6, 22.99);
  }

  @Test
  void theIndicesOfDetectionAreTheSameForEver() {
    assertEquals(List.of(1021, 3013, 5017, 7023, 9022), alarmsOnAbruptStream(1, 1e5));
    assertEquals(List.of(1020, 3021, 5025, 7024, 9025), alarmsOnAbruptStream(2, 1e5));
  }

  /** Counts alarms of a stationary stream; each ends an epoch and starts the next. */
  private static int falseAlarms(double c, long observations, long seed) {
    Random random = new Random(seed);
    DeviceLane lane = new DeviceLane();
    DeviceLane.Settings settings = single(c);
    int alarms = 0;
    for (long t = 0; t < observations; t++) {
      lane.observe(random.nextDouble() <= 0.2 ? 1 : 0, 1, t, settings);
      if (lane.logEvidence() >= settings.logThreshold()) {
        alarms++;
        lane.restart();
      }
    }
    return alarms;
  }

  @Test
  void onAStationaryStreamFalseAlarmsAreAsRareAsPromised() {
    // Promised are at most 3M / c: 300 and 30.
    assertEquals(45, falseAlarms(1e4, 3_000_000, 10_000));
    assertEquals(15, falseAlarms(1e5, 3_000_000, 100_000));
  }

  @Test
  void noFalsePageFromAQuietFleetInManyRounds() {
    // 200 devices, 5000 rounds of 20 labelled samples: 2.8 hours of the demo.
    int alarms = 0;
    for (int device = 0; device < 200; device++) {
      Random random = new Random(1000 + device);
      DeviceLane lane = new DeviceLane();
      for (int round = 0; round < 5000; round++) {
        lane.observe(binomial(random, 20, 0.05), 20, round, fleet());
        alarms += lane.logEvidence() >= fleet().logThreshold() ? 1 : 0;
      }
    }
    assertEquals(0, alarms);
  }

  @Test
  void dispersionKeepsNoisyDevicesQuiet() {
    int alarms = 0;
    for (int device = 0; device < 50; device++) {
      Random random = new Random(5000 + device);
      DeviceLane lane = new DeviceLane();
      double worst = 0;
      for (int round = 0; round < 4000; round++) {
        double logit = Math.log(0.2 / 0.8) + 0.3 * random.nextGaussian();
        lane.observe(binomial(random, 32, 1 / (1 + Math.exp(-logit))), 32, round, fleet());
        worst = Math.max(worst, lane.logEvidence());
      }
      assertTrue(lane.dispersion(fleet()) > 1.15, "dispersion " + lane.dispersion(fleet()));
      alarms += worst >= fleet().logThreshold() ? 1 : 0;
    }
    assertEquals(0, alarms);
  }

  @Test
  void aBrokenDeviceIsFoundWithinThreeReportsAfterAShortWarmUp() {
    for (long seed = 1; seed <= 50; seed++) {
      Random random = new Random(seed);
      DeviceLane lane = new DeviceLane();
      for (int round = 0; round < 20; round++) {
        lane.observe(binomial(random, 20, 0.05), 20, round * 2000L, fleet());
      }
      int needed = 0;
      while (lane.logEvidence() < fleet().logThreshold() && needed < 100) {
        lane.observe(binomial(random, 20, 0.7), 20, (20 + needed) * 2000L, fleet());
        needed++;
      }
      assertTrue(needed <= 3, "seed " + seed + " needed " + needed);
      assertTrue(
          Math.abs(lane.onsetMs() - 40_000) <= 4000, "seed " + seed + " onset " + lane.onsetMs());
    }
  }

  @Test
  void aFallOfTheErrorStartsANewReferenceSilently() {
    Random random = new Random(3);
    DeviceLane lane = new DeviceLane();
    DeviceLane.Settings settings = fleet();
    for (int round = 0; round < 40; round++) {
      lane.observe(binomial(random, 20, 0.5), 20, round, settings);
    }
    for (int round = 0; round < 60; round++) {
      lane.observe(binomial(random, 20, 0.05), 20, round, settings);
      assertTrue(lane.logEvidence() < settings.logThreshold());
    }
    assertEquals(0.05, lane.referenceError(), 0.04);
    int needed = 0;
    while (lane.logEvidence() < settings.logThreshold()) {
      lane.observe(binomial(random, 20, 0.5), 20, needed++, settings);
      assertTrue(needed < 10, "the old level is drift now");
    }
  }

  @Test
  void aSilentReportAndAnOpenIncidentTeachNothing() {
    DeviceLane lane = new DeviceLane();
    for (int i = 0; i < 16; i++) {
      lane.observe(1, 20, i, fleet());
    }
    assertTrue(lane.ready(fleet()));
    lane.observe(0, 0, 99, fleet());
    for (int i = 0; i < 100; i++) {
      lane.testOnly(20, 20, i, fleet());
    }
    assertEquals(0.05, lane.referenceError(), 1e-9);
    assertEquals(320, lane.referenceSamples());
    lane.restart();
    assertFalse(lane.ready(fleet()));
  }

  @Test
  void aStoredLaneGoesOnAsIfNothingHadHappened() throws IOException {
    Random random = new Random(4);
    DeviceLane kept = new DeviceLane();
    DeviceLane stored = new DeviceLane();
    for (int round = 0; round < 300; round++) {
      double p = round < 100 ? 0.5 : round < 200 ? 0.1 : 0.3;
      int k = binomial(random, 20, p);
      kept.observe(k, 20, round, fleet());
      stored.observe(k, 20, round, fleet());
      byte[] bytes = bytes(stored);
      assertTrue(bytes.length <= 190, bytes.length + " bytes");
      stored = DeviceLane.read(new DataInputStream(new ByteArrayInputStream(bytes)));
      double expected = kept.logEvidence();
      if (Double.isFinite(expected)) {
        assertEquals(expected, stored.logEvidence(), 1e-3 * Math.max(1, Math.abs(expected)));
      }
      assertEquals(kept.referenceSamples(), stored.referenceSamples());
    }
  }

  private static byte[] bytes(DeviceLane lane) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    lane.write(new DataOutputStream(out));
    return out.toByteArray();
  }
}
