package io.fqtfleet.sim.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.sim.NeedsAgent;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The learner inside a JVM takes the same 1,000 steps of both models, to the bit, as on the host
 * and on the Cortex-M cores: the lines of the firmware's golden file.
 */
@NeedsAgent
class GoldenTrajectoryTest {
  private static final Path FIRMWARE = Path.of("../firmware").toAbsolutePath().normalize();

  private static native String run();

  @Test
  void linesAreThoseOfTheFirmware() throws Exception {
    System.load(FIRMWARE.resolve("build/host/libfqttrajectory.so").toString());
    String golden = Files.readString(FIRMWARE.resolve("test/golden/trajectory.txt"));
    assertEquals(golden, run());
  }
}
