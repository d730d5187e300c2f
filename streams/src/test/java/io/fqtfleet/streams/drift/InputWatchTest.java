package io.fqtfleet.streams.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.streams.drift.InputWatch.Flaw;
import io.fqtfleet.streams.drift.InputWatch.Input;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InputWatchTest {
  private static final int WARM_UP = 4;

  private static Input input(long n, double mean, double deviation) {
    long sum = Math.round(n * mean);
    long squares = Math.round(n * (mean * mean + deviation * deviation));
    return new Input(
        n, sum, squares, (int) (mean - 3 * deviation), (int) (mean + 3 * deviation) + 1);
  }

  private static InputWatch warm() {
    InputWatch watch = new InputWatch();
    for (int i = 0; i < WARM_UP; i++) {
      assertEquals(Set.of(), watch.check(input(1000, 10, 500), WARM_UP));
    }
    return watch;
  }

  @Test
  void aStuckSensorIsSeenWithoutAReference() {
    Input stuck = new Input(1000, 77_000, 77L * 77 * 1000, 77, 77);
    assertEquals(Set.of(Flaw.STUCK), new InputWatch().check(stuck, WARM_UP));
    assertEquals(Set.of(Flaw.STUCK), warm().check(stuck, WARM_UP));
  }

  @Test
  void anOffsetBeyondAnySignalIsSeen() {
    assertEquals(Set.of(), warm().check(input(1000, 1900, 500), WARM_UP));
    assertEquals(Set.of(Flaw.OFFSET), warm().check(input(1000, 2100, 500), WARM_UP));
  }

  @Test
  void muchMoreOrLessNoiseIsNoted() {
    assertEquals(Set.of(), warm().check(input(1000, 10, 2400), WARM_UP));
    assertEquals(Set.of(Flaw.NOISE), warm().check(input(1000, 10, 2600), WARM_UP));
    assertEquals(Set.of(Flaw.FAINT), warm().check(input(1000, 10, 90), WARM_UP));
  }

  @Test
  void tooFewValuesSayNothing() {
    assertEquals(Set.of(), warm().check(new Input(10, 50, 250, 5, 5), WARM_UP));
    assertEquals(Set.of(), warm().check(new Input(0, 0, 0, 0, 0), WARM_UP));
  }
}
