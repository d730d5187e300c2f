package io.fqtfleet.sim.signal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.signal.SignalSpace.Change;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Drift, faults and labels are laid over a source without touching what lies before them. */
class DriftAndFaultTest {
  private static final int WINDOW = SampleSource.WINDOW;

  /** A source whose samples say which domain they are of. */
  private record Constant(short value) implements SampleSource {
    @Override
    public int classes() {
      return 3;
    }

    @Override
    public int window(long index, short[] out, int offset) {
      Arrays.fill(out, offset, offset + WINDOW, value);
      return (int) (index % 3);
    }
  }

  private static int valueAt(SampleSource source, long index) {
    short[] out = new short[WINDOW];
    source.window(index, out, 0);
    return out[0];
  }

  private static SampleSource drift(DriftProfile profile, long onset, long span) {
    List<SampleSource> stages =
        profile == DriftProfile.INCREMENTAL
            ? List.of(
                new Constant((short) 0),
                new Constant((short) 1),
                new Constant((short) 2),
                new Constant((short) 3))
            : List.of(new Constant((short) 0), new Constant((short) 3));
    return new DriftingSource(stages, profile, onset, span, 5);
  }

  @Test
  void anAbruptDriftChangesAtItsOnset() {
    SampleSource source = drift(DriftProfile.ABRUPT, 100, 0);
    assertEquals(0, valueAt(source, 99));
    assertEquals(3, valueAt(source, 100));
    assertEquals(3, valueAt(source, 1_000_000));
  }

  @Test
  void aGradualDriftMakesNewWindowsMoreLikely() {
    SampleSource source = drift(DriftProfile.GRADUAL, 1000, 1000);
    int[] quarters = new int[4];
    for (int i = 0; i < 1000; i++) {
      quarters[i / 250] += valueAt(source, 1000 + i) / 3;
    }
    assertEquals(0, valueAt(source, 999));
    for (int q = 0; q < 4; q++) {
      assertEquals(250 * (q + 0.5) / 4, quarters[q], 35, Arrays.toString(quarters));
    }
    assertEquals(3, valueAt(source, 2000));
  }

  @Test
  void anIncrementalDriftPassesThroughAllStages() {
    SampleSource source = drift(DriftProfile.INCREMENTAL, 10, 30);
    int before = 0;
    for (int i = 0; i < 60; i++) {
      int now = valueAt(source, i);
      assertTrue(now >= before && now <= before + 1, "window " + i);
      before = now;
    }
    assertEquals(3, before);
    assertEquals(0, valueAt(source, 9));
    assertEquals(1, valueAt(source, 10));
  }

  @Test
  void aRecurringDriftComesAndGoes() {
    SampleSource source = drift(DriftProfile.RECURRING, 10, 5);
    for (int i = 0; i < 40; i++) {
      int expected = i < 10 || (i - 10) / 5 % 2 == 1 ? 0 : 3;
      assertEquals(expected, valueAt(source, i), "window " + i);
    }
  }

  @Test
  void aDriftThatTakesNoTimeIsRefusedUnlessAbrupt() {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> drift(DriftProfile.GRADUAL, 10, 0));
    assertEquals("a gradual drift needs a span of at least one window, not 0", e.getMessage());
  }

  @Test
  void theGeneratorsIncrementalDriftEndsInTheNewDomainExactly() {
    BearingDomain far = new BearingDomain(1500, 1, 2500, 0.05, 1100, 0.4, 0.8, 0.1, 0.1);
    Map<String, BearingDomain> domains = new LinkedHashMap<>();
    domains.put("near", BearingDomain.reference());
    domains.put("far", far);
    SignalSpace space = new GeneratedSpace(domains);
    SampleSource before = space.source("near", 8, 0);
    SampleSource moving =
        space.drift(before, new Change("near", "far", DriftProfile.INCREMENTAL, 10, 16), 8);
    assertSame(before, moving, 9);
    assertSame(space.source("far", 8, 0), moving, 26);
    short[] between = new short[WINDOW];
    short[] old = new short[WINDOW];
    moving.window(18, between, 0);
    before.window(18, old, 0);
    assertFalse(Arrays.equals(between, old));
  }

  private static void assertSame(SampleSource expected, SampleSource actual, long index) {
    short[] a = new short[WINDOW];
    short[] b = new short[WINDOW];
    assertEquals(expected.window(index, a, 0), actual.window(index, b, 0));
    assertArrayEquals(a, b);
  }

  private static SampleSource broken(SensorFault fault, double magnitude) {
    return new FaultySource(new Constant((short) 1000), fault, magnitude, 10, 20, 77);
  }

  @Test
  void aFaultBeginsAndEndsAndKeepsTheTrueClass() {
    for (SensorFault fault : SensorFault.values()) {
      SampleSource source = broken(fault, 2);
      assertEquals(1000, valueAt(source, 9), fault + " before");
      assertEquals(1000, valueAt(source, 20), fault + " after");
      assertEquals(14 % 3, source.window(14, new short[WINDOW], 0));
    }
  }

  @Test
  void eachFaultDoesWhatItsNameSays() {
    assertEquals(1000 + 2 * 4096, valueAt(broken(SensorFault.OFFSET, 2), 10));
    assertEquals(2000, valueAt(broken(SensorFault.GAIN, 2), 10));
    assertEquals(Short.MAX_VALUE, valueAt(broken(SensorFault.OFFSET, 50), 10));
    SampleSource stuck = broken(SensorFault.STUCK, 2);
    assertEquals(valueAt(stuck, 10), valueAt(stuck, 19));
    short[] noisy = new short[WINDOW];
    broken(SensorFault.NOISE, 0.5).window(12, noisy, 0);
    double variance = 0;
    for (short sample : noisy) {
      variance += (sample - 1000.0) * (sample - 1000.0) / WINDOW;
    }
    assertEquals(0.5 * 4096, Math.sqrt(variance), 250);
  }

  @Test
  void labelsComeInTheirShareAndAreWrongOnlyWhileTheyShould() {
    LabelRule rule = new LabelRule(4, 10, 0.4, 0.25, 10_000, 20_000);
    int[] labelled = new int[3];
    int[] wrong = new int[3];
    for (int i = 0; i < 30_000; i++) {
      byte label = rule.label(i, i % 10);
      if (label != LabelRule.NONE) {
        labelled[i / 10_000]++;
        wrong[i / 10_000] += label == i % 10 ? 0 : 1;
        assertTrue(label >= 0 && label < 10);
      }
    }
    for (int part = 0; part < 3; part++) {
      assertEquals(4000, labelled[part], 200);
      assertEquals(part == 1 ? 0.25 * labelled[1] : 0, wrong[part], part == 1 ? 110 : 0);
    }
  }
}
