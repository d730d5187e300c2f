package io.fqtfleet.programs.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InjectedDriftTest {
  /** Two features, the first one of which tells the class. */
  private static DataStream set(int rows) {
    Random random = new Random(5);
    float[][] features = new float[rows][2];
    int[] labels = new int[rows];
    for (int row = 0; row < rows; row++) {
      labels[row] = random.nextInt(2);
      features[row][0] = (float) (6 * labels[row] + 0.5 * random.nextGaussian());
      features[row][1] = (float) random.nextGaussian();
    }
    return new DataStream("two", features, labels, 2, List.of());
  }

  @Test
  void theChangeIsWhereItSaysAndTheSameSeedRepeatsIt() {
    DataStream set = set(8000);
    DataStream trial = InjectedDrift.trial(set, InjectedDrift.Change.LABELS, false, 3);
    assertEquals(InjectedDrift.ROWS, trial.labels().length);
    int onset = trial.changes().get(0);
    for (int row = 0; row < trial.labels().length; row++) {
      int usual = trial.features()[row][0] > 3 ? 1 : 0;
      boolean swapped = trial.labels()[row] != usual;
      assertEquals(row >= onset, swapped, "row " + row + ", onset " + onset);
    }
    DataStream again = InjectedDrift.trial(set, InjectedDrift.Change.LABELS, false, 3);
    assertEquals(List.of(onset), again.changes());
    assertEquals(trial.labels()[5000], again.labels()[5000]);
  }

  @Test
  void aDetectorFindsBothKindsSuddenAndSlow() {
    Contender contender = Contender.of("slow", "e-sr-slow", "arl=1e4");
    InjectedDrift.Score abrupt = InjectedDrift.score(set(7000), contender, false, 3);
    InjectedDrift.Score gradual = InjectedDrift.score(set(7000), contender, true, 3);
    assertEquals(6, abrupt.hits(), abrupt.toString());
    assertEquals(6, gradual.hits(), gradual.toString());
    assertTrue(abrupt.delay() < gradual.delay(), abrupt + " " + gradual);
  }

  @Test
  void aSmallDataSetIsRefused() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> InjectedDrift.trial(set(100), InjectedDrift.Change.FEATURES, true, 1));
    assertTrue(e.getMessage().contains("100 rows"), e.getMessage());
  }
}
