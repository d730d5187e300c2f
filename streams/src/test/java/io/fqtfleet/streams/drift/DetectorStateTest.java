package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every detector owes its store: few bytes, exact restoring, and no garbage. */
class DetectorStateTest {
  private static final int BYTES_MAX = 200;

  /** Their window grows with the logarithm of the rows. */
  private static final Set<DetectorKind> WINDOWS =
      EnumSet.of(DetectorKind.ADWIN, DetectorKind.ADWIN_RIVER);

  private static byte[] bytes(Detector detector) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    detector.write(new DataOutputStream(out));
    return out.toByteArray();
  }

  /** Rises and falls every 400 rows. */
  private static double value(Random random, int row) {
    return random.nextDouble() < (row / 400 % 2 == 0 ? 0.2 : 0.7) ? 1 : 0;
  }

  @ParameterizedTest
  @EnumSource(DetectorKind.class)
  void aRestoredDetectorGoesOnBitByBit(DetectorKind kind) throws IOException {
    DetectorPlan plan = DetectorPlan.of(kind.label(), Map.of("latch", "100"));
    Detector kept = plan.newDetector();
    Detector stored = plan.newDetector();
    Random random = new Random(5);
    int alarms = 0;
    for (int i = 0; i < 4000; i++) {
      double value = value(random, i);
      boolean alarm = kept.add(value);
      assertEquals(alarm, stored.add(value), "row " + i + ", seed 5");
      assertEquals(kept.statistic(), stored.statistic(), 0, "row " + i + ", seed 5");
      assertEquals(kept.onset(), stored.onset(), "row " + i + ", seed 5");
      alarms += alarm ? 1 : 0;
      if (i % 7 == 0 || alarm) {
        byte[] state = bytes(stored);
        // Two detectors in one.
        int most = kind == DetectorKind.E_SR_SLOW ? BYTES_MAX + 50 : BYTES_MAX;
        assertTrue(WINDOWS.contains(kind) || state.length <= most, kind + ": " + state.length);
        stored = plan.newDetector();
        stored.read(new DataInputStream(new ByteArrayInputStream(state)));
      }
    }
    assertTrue(alarms > 0, kind + " never alarmed");
  }

  @ParameterizedTest
  @EnumSource(DetectorKind.class)
  void updatesAllocateNothing(DetectorKind kind) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Detector detector = DetectorPlan.of(kind.label(), Map.of()).newDetector();
    Random random = new Random(6);
    double[] values = new double[20_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(random, i);
    }
    run(detector, values);
    long self = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(self);
    run(detector, values);
    long allocated = threads.getThreadAllocatedBytes(self) - before;
    assertTrue(allocated < values.length / 10, kind + " allocated " + allocated + " bytes");
  }

  private static void run(Detector detector, double[] values) {
    for (double value : values) {
      detector.add(value);
    }
  }

  @ParameterizedTest
  @EnumSource(DetectorKind.class)
  void aRestartedDetectorIsAFreshOneThatRemembersItsRow(DetectorKind kind) {
    DetectorPlan plan = DetectorPlan.of(kind.label(), Map.of());
    Detector used = plan.newDetector();
    Random random = new Random(8);
    for (int i = 0; i < 777; i++) {
      used.add(value(random, i));
    }
    used.restart();
    Detector fresh = plan.newDetector();
    for (int i = 0; i < 2000; i++) {
      double value = value(random, i);
      boolean alarm = fresh.add(value);
      assertEquals(alarm, used.add(value), "row " + i + ", seed 8");
      if (alarm) {
        assertEquals(777 + fresh.onset(), used.onset(), "row " + i + ", seed 8");
      }
    }
  }
}
