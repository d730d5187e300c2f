package io.fqtfleet.programs.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.programs.bench.FleetRecords;
import io.fqtfleet.sim.fleet.CohortSpec;
import io.fqtfleet.sim.fleet.Scenario;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages in files become a scenario. */
class MessageFilesTest {
  @TempDir private Path folder;

  private Path file(String name, List<byte[]> messages) throws IOException {
    Path file = folder.resolve(name);
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
      for (byte[] message : messages) {
        out.writeInt(message.length);
        out.write(message);
      }
    }
    return file;
  }

  @Test
  void statusAndReportsInAnyOrderBecomeAScenarioThatLoads() throws IOException {
    Path reports =
        file(
            "reports",
            List.of(
                FleetRecords.report(1, 1),
                FleetRecords.report(2, 1),
                FleetRecords.report(1, 2),
                FleetRecords.report(2, 2),
                FleetRecords.report(9, 1)));
    Path statuses = file("statuses", List.of(FleetRecords.status(1, 0), FleetRecords.status(2, 1)));
    Path name = folder.resolve("may");
    String said = new FleetRecorder().record(name, new MessageFiles(List.of(reports, statuses)));
    assertTrue(said.startsWith("4 reports of 2 cohorts: "), said);
    Scenario scenario = Scenario.read(folder.resolve("may.yaml"));
    assertEquals(
        List.of("cohort-0", "cohort-1"),
        scenario.cohorts().stream().map(CohortSpec::name).toList());
    assertEquals(2000, scenario.cohorts().get(0).reportInterval().toMillis());
  }

  @Test
  void whatIsNoMessageIsNamedByItsPlace() throws IOException {
    byte[] status = FleetRecords.status(1, 0);
    Path words = file("words", List.of(status, "hello, world".getBytes()));
    refused(words, " at byte " + (4 + status.length) + ": this is neither a status nor a report");
    Path text = folder.resolve("text");
    Files.writeString(text, "hello, world");
    refused(text, " at byte 0: 1751477356 bytes are no message's length; write it with kcat");
    Path cut = folder.resolve("cut");
    byte[] whole = Files.readAllBytes(file("whole", List.of(status)));
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 1));
    refused(cut, " at byte 0: the file ends within this message");
    assertThrows(
        IllegalArgumentException.class, () -> new MessageFiles(List.of(folder.resolve("none"))));
    assertFalse(Files.exists(folder.resolve("x.yaml")));
  }

  private void refused(Path file, String expected) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new FleetRecorder().record(folder.resolve("x"), new MessageFiles(List.of(file))));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
