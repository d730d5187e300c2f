package io.fqtfleet.sim.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was recorded comes back, step by step. */
class RecordingTest {
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);

  private static byte[] report(String device, int nonce, long sequence, long uptimeMs, long seen) {
    long[] row = new long[CounterRow.length(2)];
    row[CounterRow.SEEN] = seen;
    row[CounterRow.TRAINED] = seen / 2;
    row[CounterRow.MACS_BACKWARD] = seen * 100;
    row[CounterRow.SCALARS + CounterRow.PER_LAYER + 1] = seen;
    CounterRow.Head head = new CounterRow.Head(device, 1, nonce, sequence, uptimeMs, 0, 0);
    return REPORTS.encode(CounterRow.report(head, row, 1));
  }

  @Test
  void stepsAndTheirTimesAreReplayedRoundAndRound(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.fqr");
    try (Recording.Writer writer = new Recording.Writer(file)) {
      writer.add("a", report("d1", 5, 1, 1_000, 10));
      writer.add("b", report("e1", 5, 1, 1_000, 77));
      writer.add("a", report("d1", 5, 2, 3_000, 30));
      // A duplicate, a late one, and another boot.
      writer.add("a", report("d1", 5, 2, 3_000, 30));
      writer.add("a", report("d1", 5, 4, 6_000, 60));
      writer.add("a", report("d1", 5, 3, 4_500, 45));
      writer.add("a", report("d2", 6, 1, 500, 5));
      writer.add("a", report("d2", 6, 2, 1_500, 9));
      writer.add("a", report("d3", 9, 1, 1_500, 9));
    }
    Recording recording = Recording.read(file, "a");
    assertEquals(2, recording.devices(), "one report alone is no step");
    assertEquals(2, recording.layers());
    long[] seen = new long[4];
    long[] durations = new long[4];
    for (int i = 0; i < 4; i++) {
      seen[i] = recording.training(0, 0, 0, i)[CounterRow.SEEN];
      durations[i] = recording.durationMs(0, i);
    }
    assertArrayEquals(new long[] {20, 15, 15, 20}, seen);
    assertArrayEquals(new long[] {2_000, 1_500, 1_500, 2_000}, durations);
    assertEquals(4, recording.training(0, 3, 0, 0)[CounterRow.SEEN], "devices beyond repeat");
    assertEquals(10, recording.training(0, 0, 0, 0)[CounterRow.TRAINED]);
    long[] calm = recording.calm(0, 0, 0, 0);
    assertEquals(0, calm[CounterRow.TRAINED]);
    assertEquals(0, calm[CounterRow.MACS_BACKWARD]);
    assertEquals(20, calm[CounterRow.SEEN]);
  }

  @Test
  void whatIsNoRecordingIsRefusedWithItsName(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.fqr");
    Files.writeString(file, "no gzip");
    String said =
        assertThrows(IllegalArgumentException.class, () -> Recording.read(file, "a")).getMessage();
    assertTrue(said.contains("x.fqr cannot be read") && said.contains("fleet sim record"), said);
    try (Recording.Writer writer = new Recording.Writer(file)) {
      writer.add("b", report("e1", 5, 1, 1_000, 77));
    }
    said =
        assertThrows(IllegalArgumentException.class, () -> Recording.read(file, "a")).getMessage();
    assertTrue(said.contains("no device of cohort 'a'"), said);
  }
}
