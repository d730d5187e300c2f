package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class DiscoveriesTest {
  /** 144 rounds a day. */
  private static final int ROUND_MS = 600_000;

  @Test
  void moreEvidenceAroundMakesEachOneNeedLess() {
    // K = 4, alpha = .05/144: one alone needs 4/alpha = e^9.35, each of four e^7.97.
    assertEquals(0, Discoveries.count(new double[] {9.3, 0, 0, 0}, 0.05, ROUND_MS));
    assertEquals(1, Discoveries.count(new double[] {0, 9.4, 0, 0}, 0.05, ROUND_MS));
    assertEquals(4, Discoveries.count(new double[] {8, 8, 9.3, 8}, 0.05, ROUND_MS));
    assertEquals(0, Discoveries.count(new double[0], 0.05, ROUND_MS));
  }

  @Test
  void theShareOfWrongNamesStaysBelowTheRate() {
    long seed = 3;
    Random random = new Random(seed);
    double wrongShares = 0;
    int days = 40;
    for (int day = 0; day < days; day++) {
      int worst = 0;
      double[] m = new double[200];
      for (int round = 0; round < 144; round++) {
        double[] logs = new double[m.length];
        for (int i = 0; i < m.length; i++) {
          // An e-SR on coin flips, of which the device bets on heads with 3 : 1.
          m[i] = (1 + m[i]) * (random.nextBoolean() ? 1.5 : 0.5);
          logs[i] = Math.log(m[i]);
        }
        worst = Math.max(worst, Discoveries.count(logs, 0.05, ROUND_MS));
      }
      wrongShares += worst > 0 ? 1 : 0;
    }
    assertTrue(wrongShares / days <= 0.05, "seed " + seed + ": " + wrongShares / days);
  }
}
