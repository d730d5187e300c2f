package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KtBoundTest {
  @Test
  void theBoundSolvesItsEquation() {
    double upper = KtBound.upper(16, 320, Math.log(100));
    double allowed = (Math.log(100) + 0.5 * Math.log(320) + Math.log(2)) / 320;
    assertEquals(allowed, KtBound.divergence(0.05, upper), 1e-9);
    assertTrue(upper > 0.05);
    double lower = KtBound.lower(16, 320, Math.log(100));
    assertEquals(allowed, KtBound.divergence(0.05, lower), 1e-9);
    assertTrue(lower < 0.05);
  }

  @Test
  void theBoundSolvesItsEquationForAllCountsUpToTwoHundred() {
    for (int n : new int[] {1, 2, 5, 20, 60, 200}) {
      for (double s = 0; s < n; s += 0.5) {
        for (double log : new double[] {0.1, 3, 20, 200}) {
          double allowed = (log + 0.5 * Math.log(n) + Math.log(2)) / n;
          double upper = KtBound.upper(s, n, log);
          assertTrue(upper >= s / n && upper <= 1, s + " of " + n);
          double reached = KtBound.divergence(s / n, upper);
          // Near 1 the divergence changes by more than that from one double to the next.
          boolean steep = 1 - upper < 1e-6;
          assertTrue(steep || Math.abs(reached - allowed) < 1e-6 * allowed, s + " of " + n);
        }
      }
    }
  }

  @Test
  void extremesStayInsideTheirRange() {
    assertEquals(1, KtBound.upper(0, 0, 5));
    assertEquals(0, KtBound.lower(0, 0, 5));
    assertEquals(1, KtBound.upper(50, 50, 5), 1e-9);
    assertEquals(0, KtBound.lower(0, 50, 5), 1e-9);
    assertTrue(KtBound.upper(0, 50, 5) < 0.25);
  }

  @Test
  void itHoldsAtAllTimesAtOnceInAllButAShareBetaOfStreams() {
    int broken = 0;
    int streams = 2000;
    double beta = 0.05;
    for (int seed = 0; seed < streams; seed++) {
      Random random = new Random(seed);
      int successes = 0;
      for (int n = 1; n <= 500; n++) {
        successes += random.nextDouble() < 0.1 ? 1 : 0;
        double mean = (double) successes / n;
        double allowed = (-Math.log(beta) + 0.5 * Math.log(n) + Math.log(2)) / n;
        if (mean < 0.1 && KtBound.divergence(mean, 0.1) > allowed) {
          broken++;
          break;
        }
      }
    }
    assertTrue(broken <= beta * streams, broken + " of " + streams + " streams broke the bound");
  }
}
