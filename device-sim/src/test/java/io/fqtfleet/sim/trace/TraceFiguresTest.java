package io.fqtfleet.sim.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a trace device costs; target/trace-figures.txt holds the README's figures. */
class TraceFiguresTest {
  private static final int DEVICES = 20_000;
  private static final int ROUNDS = 5;

  @Test
  void aDeviceIsSmallAndItsReportsAreCheap() throws IOException {
    TraceIdentity identity =
        new TraceIdentity(
            "press",
            "host",
            List.of(),
            TraceDeviceTest.terms(false, 1000, 1, 1000),
            7,
            id -> new byte[32]);
    long before = heapUsed();
    List<TraceDevice> devices = new ArrayList<>(DEVICES);
    for (int n = 0; n < DEVICES; n++) {
      TraceDevice device =
          new TraceDevice("press-%05d".formatted(n), n, identity, TraceDeviceTest.STORY, 1, n);
      device.boot(0);
      devices.add(device);
    }
    long bytes = (heapUsed() - before) / DEVICES;
    double best = Double.MAX_VALUE;
    for (int round = 1; round <= ROUNDS; round++) {
      long start = System.nanoTime();
      for (TraceDevice device : devices) {
        device.report(round * 2_000L);
      }
      best = Math.min(best, (System.nanoTime() - start) / 1e3 / DEVICES);
    }
    String text =
        "trace device: %d bytes of heap; %.1f us per report, %.0f reports/s per core%n"
            .formatted(bytes, best, 1e6 / best);
    Files.createDirectories(Path.of("target"));
    Files.writeString(Path.of("target/trace-figures.txt"), text);
    assertEquals(ROUNDS, devices.get(DEVICES - 1).sequence(), text);
    assertTrue(bytes < 4_000, text);
  }

  private static long heapUsed() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
