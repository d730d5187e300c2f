package io.fqtfleet.programs.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stepped clock, seen by the system's own date. */
class FalseClockTest {
  @TempDir Path directory;

  private static long date(FalseClock clock) throws Exception {
    ProcessBuilder date = new ProcessBuilder("date", "+%s");
    date.environment().putAll(clock.environment());
    return Long.parseLong(new String(date.start().getInputStream().readAllBytes()).strip());
  }

  @Test
  void itStepsForAProcessThatRuns() throws Exception {
    FalseClock.obstacle().ifPresent(why -> System.err.println("SKIPPED: stepped clock: " + why));
    Assumptions.assumeTrue(FalseClock.obstacle().isEmpty());
    FalseClock clock = new FalseClock(directory);
    long truth = System.currentTimeMillis() / 1000;
    assertEquals(truth, date(clock), 30);
    clock.step(3_600);
    assertEquals(truth + 3_600, date(clock), 30);
    clock.step(-3_600);
    assertTrue(date(clock) < truth - 3_500);
  }
}
