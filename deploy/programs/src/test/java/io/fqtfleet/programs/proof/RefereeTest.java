package io.fqtfleet.programs.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.streams.budget.Policies;
import org.junit.jupiter.api.Test;

class RefereeTest {
  private static final double PICOJOULE_PER_MAC = 1000;
  private static final long MACS_PER_MILLIJOULE = 1_000_000;
  private static final int HOUR_MS = 3_600_000;

  private static BudgetTerms terms(boolean training, int capacity, int refill) {
    return BudgetTerms.newBuilder(Policies.DEFAULT.getDrift())
        .setTraining(training)
        .setEnergyCapacityMilliJoule(capacity)
        .setEnergyRefillMilliJoulePerHour(refill)
        .build();
  }

  @Test
  void aBucketMayBeEmptiedAndRefilledButNotOverdrawn() {
    Referee referee = new Referee(terms(true, 2, 1), PICOJOULE_PER_MAC);
    referee.look(2 * MACS_PER_MILLIJOULE, 1);
    referee.look(3 * MACS_PER_MILLIJOULE, HOUR_MS + 1);
    assertEquals(0, referee.violations());
    referee.look(3 * MACS_PER_MILLIJOULE + 10, HOUR_MS + 1);
    assertEquals(1, referee.violations(), "spent what was not there");
  }

  @Test
  void aFullBucketDoesNotCollectMore() {
    Referee referee = new Referee(terms(true, 1, 1), PICOJOULE_PER_MAC);
    referee.look(0, 5 * HOUR_MS);
    referee.look(MACS_PER_MILLIJOULE + 10, 5 * HOUR_MS);
    assertEquals(1, referee.violations());
  }

  @Test
  void aFrozenDeviceTrainsNothing() {
    Referee referee = new Referee(terms(true, 5, 0), PICOJOULE_PER_MAC);
    referee.look(100, 1);
    referee.applied(terms(false, 5, 0));
    referee.look(100, 2);
    assertEquals(0, referee.violations());
    referee.look(101, 3);
    assertEquals(1, referee.violations());
  }

  @Test
  void aLargerBucketBringsTheDifferenceASmallerOneLosesWhatIsOver() {
    Referee referee = new Referee(terms(true, 1, 0), PICOJOULE_PER_MAC);
    referee.look(MACS_PER_MILLIJOULE, 1);
    referee.applied(terms(true, 3, 0));
    referee.look(2 * MACS_PER_MILLIJOULE, 2);
    referee.applied(terms(true, 1, 0));
    referee.look(3 * MACS_PER_MILLIJOULE, 3);
    assertEquals(0, referee.violations());
    referee.refused();
    referee.look(3 * MACS_PER_MILLIJOULE + 10, 4);
    assertEquals(2, referee.violations());
  }
}
