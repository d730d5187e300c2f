package io.fqtfleet.sim.signal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.signal.BearingFault.Part;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What the generator promises: repeatable, balanced, and with the spectrum that physics asks for.
 */
class BearingVibrationTest {
  private static final int WINDOW = SampleSource.WINDOW;
  private static final BearingDomain QUIET =
      new BearingDomain(1797, 0.5, 3200, 0.04, 1400, 0, 1, 0.005, 0);

  private static final int GOLDEN_LABEL = 3;
  private static final short[] GOLDEN = {
    -258, -276, -729, -474, -313, 159, -374, -846, -711, -408, -403, -264
  };
  private static final int GOLDEN_HASH = 622182392;

  @Test
  void aWindowIsAFunctionOfSeedAndIndexInAnyOrder() {
    SampleSource forward = reference(42);
    SampleSource backward = reference(42);
    short[][] seen = new short[50][WINDOW];
    int[] labels = new int[50];
    for (int i = 0; i < 50; i++) {
      labels[i] = forward.window(i, seen[i], 0);
    }
    short[] again = new short[3 * WINDOW];
    for (int i = 49; i >= 0; i--) {
      assertEquals(labels[i], backward.window(i, again, WINDOW));
      assertArrayEquals(seen[i], Arrays.copyOfRange(again, WINDOW, 2 * WINDOW), "window " + i);
    }
  }

  @Test
  void otherSeedsAndOtherIndicesGiveOtherWindows() {
    short[] a = new short[WINDOW];
    short[] b = new short[WINDOW];
    reference(1).window(0, a, 0);
    reference(2).window(0, b, 0);
    assertFalse(Arrays.equals(a, b));
    reference(1).window(1, b, 0);
    assertFalse(Arrays.equals(a, b));
  }

  /**
   * The samples themselves, so that a seed means the same fleet in later versions and on any JVM.
   */
  @Test
  void theFirstSamplesOfSeedOneAreThese() {
    short[] window = new short[WINDOW];
    int label = reference(1).window(0, window, 0);
    assertEquals(GOLDEN_LABEL, label);
    assertArrayEquals(GOLDEN, Arrays.copyOf(window, GOLDEN.length));
    assertEquals(GOLDEN_HASH, Arrays.hashCode(window));
  }

  @Test
  void classesAreBalancedInEveryBlock() {
    SampleSource source = reference(9);
    int[] counts = new int[source.classes()];
    short[] window = new short[WINDOW];
    for (int i = 0; i < 20 * counts.length; i++) {
      counts[source.window(i, window, 0)]++;
    }
    for (int count : counts) {
      assertEquals(20, count);
    }
  }

  @Test
  void strikesRingAtTheResonance() {
    SampleSource source = one(Part.OUTER_RACE, QUIET);
    double atResonance = meanPower(source, false, QUIET.resonanceHz());
    for (double elsewhere : List.of(800.0, 1800.0, 5200.0)) {
      double there = meanPower(source, false, elsewhere);
      assertTrue(
          atResonance > 10 * there,
          "power %.3g at resonance, %.3g at %.0f Hz".formatted(atResonance, there, elsewhere));
    }
  }

  @Test
  void theEnvelopeRepeatsAtTheFaultRateOfEachPart() {
    double shaftHz = QUIET.speedRpm() / 60;
    BearingGeometry geometry = BearingGeometry.SKF_6205;
    assertEnvelopePeak(Part.OUTER_RACE, geometry.outerRaceOrder() * shaftHz);
    assertEnvelopePeak(Part.INNER_RACE, geometry.innerRaceOrder() * shaftHz);
    assertEnvelopePeak(Part.BALL, geometry.ballOrder() * shaftHz);
  }

  private static void assertEnvelopePeak(Part part, double faultHz) {
    SampleSource source = one(part, QUIET);
    double best = 0;
    double bestHz = 0;
    for (double hz = 60; hz <= 260; hz += 4) {
      double power = meanPower(source, true, hz);
      if (power > best) {
        best = power;
        bestHz = hz;
      }
    }
    // a window of 43 ms resolves 23 Hz; a modulation's side band stands one shaft rate away
    assertEquals(faultHz, bestHz, 12, part + " envelope");
  }

  @Test
  void ratesOfTheGeometryAreThoseOfItsDataSheet() {
    BearingGeometry geometry = BearingGeometry.SKF_6205;
    assertEquals(5.415, geometry.innerRaceOrder(), 0.002);
    assertEquals(3.585, geometry.outerRaceOrder(), 0.002);
    assertEquals(4.714, geometry.ballOrder(), 0.01);
    assertEquals(0.3983, geometry.cageOrder(), 0.0005);
  }

  @Test
  void aWiderSpallAndAHealthyBearingDifferInPower() {
    List<BearingFault> faults = BearingFault.tenClasses();
    double healthy = meanSquare(new BearingVibration(5, List.of(faults.get(0)), QUIET));
    double narrow = meanSquare(new BearingVibration(5, List.of(faults.get(1)), QUIET));
    double wide = meanSquare(new BearingVibration(5, List.of(faults.get(3)), QUIET));
    assertTrue(narrow > 5 * healthy, narrow + " against " + healthy);
    assertTrue(wide > 3 * narrow, wide + " against " + narrow);
  }

  @Test
  void aLoudTransferPathSaturatesInsteadOfWrapping() {
    BearingDomain loud = new BearingDomain(1797, 1, 3200, 0.04, 1400, 0.35, 20, 0.1, 2);
    short[] window = new short[WINDOW];
    new BearingVibration(1, List.of(BearingFault.tenClasses().get(6)), loud).window(0, window, 0);
    int extremes = 0;
    for (short sample : window) {
      extremes += sample == Short.MAX_VALUE || sample == Short.MIN_VALUE ? 1 : 0;
    }
    assertTrue(extremes > 0);
  }

  @Test
  void aDomainOutOfRangeListsAllThatIsWrong() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new BearingDomain(10, 2, 3200, 0.04, 1400, 0.35, 1, 0.1, Double.NaN));
    assertEquals(
        "speedRpm = 10.0 is not in 200.0..12000.0; load = 2.0 is not in 0.0..1.0; hum = NaN is not"
            + " in 0.0..2.0",
        e.getMessage());
  }

  private static SampleSource reference(long seed) {
    return new BearingVibration(seed, BearingFault.tenClasses(), BearingDomain.reference());
  }

  private static SampleSource one(Part part, BearingDomain domain) {
    return new BearingVibration(3, List.of(new BearingFault(part, 0.356)), domain);
  }

  private static double meanPower(SampleSource source, boolean envelope, double hz) {
    double sum = 0;
    short[] window = new short[WINDOW];
    for (int n = 0; n < 60; n++) {
      source.window(n, window, 0);
      double mean = 0;
      for (short sample : window) {
        mean += Math.abs(sample) / (double) WINDOW;
      }
      double level = envelope ? mean : 0;
      sum += Spectrum.power(i -> (envelope ? Math.abs(window[i]) : window[i]) - level, WINDOW, hz);
    }
    return sum;
  }

  private static double meanSquare(SampleSource source) {
    double sum = 0;
    short[] window = new short[WINDOW];
    for (int n = 0; n < 20; n++) {
      source.window(n, window, 0);
      for (short sample : window) {
        sum += (double) sample * sample;
      }
    }
    return sum;
  }
}
