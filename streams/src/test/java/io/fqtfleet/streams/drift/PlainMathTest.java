package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PlainMathTest {
  private static final long SEED = 20261121;
  private static final int DRAWS = 2_000_000;

  @Test
  void exponentialIsWithinTwoUnitsInTheLastPlace() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < DRAWS; i++) {
      double range = i % 3 == 0 ? 1400 : i % 3 == 1 ? 40 : 0.1;
      double x = (random.nextDouble() - 0.5) * range;
      double wanted = StrictMath.exp(x);
      double off = Math.abs(PlainMath.exp(x) - wanted) / Math.ulp(wanted);
      assertTrue(off <= 2, () -> "e^" + x + " is " + off + " units off, seed " + SEED);
    }
  }

  @Test
  void logarithmIsWithinTwoUnitsInTheLastPlace() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < DRAWS; i++) {
      double x =
          switch (i % 3) {
            case 0 -> Double.longBitsToDouble(random.nextLong() >>> 1 & 0x7fdfffffffffffffL);
            case 1 -> random.nextDouble();
            default -> 1 + (random.nextDouble() - 0.5) * 1e-3;
          };
      double wanted = StrictMath.log(x);
      double off = Math.abs(PlainMath.log(x) - wanted) / Math.ulp(wanted);
      assertTrue(off <= 2, () -> "ln " + x + " is " + off + " units off, seed " + SEED);
    }
  }

  @Test
  void endsOfTheRangeAreWhatArithmeticExpects() {
    assertEquals(1, PlainMath.exp(0));
    assertEquals(0, PlainMath.exp(Double.NEGATIVE_INFINITY));
    assertEquals(0, PlainMath.exp(-1000));
    assertEquals(Double.POSITIVE_INFINITY, PlainMath.exp(1000));
    assertEquals(Double.NaN, PlainMath.exp(Double.NaN));
    assertEquals(0, PlainMath.log(1));
    assertEquals(Double.NEGATIVE_INFINITY, PlainMath.log(0));
    assertEquals(Double.POSITIVE_INFINITY, PlainMath.log(Double.POSITIVE_INFINITY));
    assertEquals(Double.NaN, PlainMath.log(-1));
    assertEquals(Double.NaN, PlainMath.log(Double.NaN));
  }

  /** Taken on x86-64 with JDK 17; every other machine and JDK must show the same bits. */
  @Test
  void bitsAreTheSameEverywhere() {
    SplittableRandom random = new SplittableRandom(SEED);
    long hash = 0;
    for (int i = 0; i < DRAWS / 4; i++) {
      double x = (random.nextDouble() - 0.5) * 100;
      hash = hash * 31 + Double.doubleToRawLongBits(PlainMath.exp(x));
      hash = hash * 31 + Double.doubleToRawLongBits(PlainMath.log(Math.abs(x)));
    }
    assertEquals(-8205691572938898217L, hash);
  }

  @Test
  void bennettsBoundIsTheSameOnBothSidesOfItsSeries() {
    for (double x : new double[] {1e-6, 1e-3, 0.06249, 0.0626, 0.5, 3}) {
      double wanted = StrictMath.expm1(x) - x;
      assertEquals(wanted, Bennett.cumulant(1, x), 1e-8 * wanted + 1e-17);
    }
  }

  @Test
  void reachesIsTheLogarithmsComparison() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < 100_000; i++) {
      double value = PlainMath.exp(random.nextDouble() * 40 - 5);
      double threshold = random.nextDouble() * 35;
      assertEquals(PlainMath.log(value) >= threshold, LogSpace.reaches(value, threshold));
    }
  }
}
