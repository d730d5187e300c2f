package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ThresholdsTest {
  @Test
  void expectedFalsePagesAddUpToWhatTheOperatorAllows() {
    double pages = 2;
    Thresholds t = Thresholds.of(pages, 2000, 200, 50);
    double rounds = 43_200;
    double perDevice = rounds / Math.exp(t.logDevice()) + Math.exp(-t.logInverseBetaDevice());
    double perCohort = rounds / Math.exp(t.logCohort()) + Math.exp(-t.logInverseBetaCohort());
    assertEquals(pages, 200 * perDevice + 4 * perCohort, 1e-9);
  }

  @Test
  void aLargerFleetNeedsMoreEvidence() {
    Thresholds small = Thresholds.of(1, 2000, 200, 50);
    Thresholds large = Thresholds.of(1, 2000, 100_000, 50);
    assertTrue(large.logDevice() > small.logDevice());
    assertTrue(large.logCohort() > small.logCohort());
  }

  @Test
  void aFleetIsNeverSmallerThanOneOfItsCohorts() {
    assertEquals(Thresholds.of(1, 2000, 50, 50), Thresholds.of(1, 2000, 1, 50));
  }
}
