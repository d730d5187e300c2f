package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.streams.drift.DetectorKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code fleet detect}: alarms of a file, JSON, and what wrong input is answered with. */
class DetectCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return FleetCli.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("column.csv"), text);
  }

  /** 1000 zeros, then 1000 ones. */
  private static String step() {
    return "0\n".repeat(1000) + "1\n".repeat(1000);
  }

  @Test
  void theRowOfAnAlarmIsCountedFromZeroWithoutTheHeader() throws IOException {
    Path column = file("error\r\n" + step().replace("\n", "\r\n"));
    Path json = folder.resolve("alarms.json");
    String[] command = {"detect", "" + column, "--detector", "adwin-river", "--json", "" + json};
    assertEquals(0, run(command));
    assertTrue(out.toString().contains("alarm at row 1023, onset about row "), out.toString());
    assertTrue(out.toString().contains("adwin-river: 1 alarm in 2000 rows"), out.toString());
    JsonNode found = new ObjectMapper().readTree(json.toFile());
    assertEquals("adwin-river", found.get("detector").asText());
    assertEquals("0.002", found.get("settings").get("delta").asText());
    assertEquals(2000, found.get("rows").asLong());
    assertEquals(1, found.get("alarms").size());
    JsonNode alarm = found.get("alarms").get(0);
    assertEquals(1023, alarm.get("row").asLong());
    assertTrue(Math.abs(alarm.get("onset").asLong() - 1000) <= 40, alarm.toString());
    assertTrue(alarm.get("statistic").asDouble() > alarm.get("threshold").asDouble());
  }

  @Test
  void everyDetectorFindsAStepOfItsOwnSettings() throws IOException {
    Path column = file(step());
    for (DetectorKind kind : DetectorKind.values()) {
      assertEquals(0, run("detect", "" + column, "--detector", kind.label()), err.toString());
      assertTrue(out.toString().contains(kind.label() + ": "), out.toString());
      assertFalse(out.toString().contains(kind.label() + ": 0 alarms"), out.toString());
    }
    assertEquals(0, run("detect", "" + column, "--set", "arl=1e9", "--set", "latch=0"));
    assertTrue(out.toString().contains("e-sr: "), out.toString());
  }

  @Test
  void standardInputIsReadToo() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream(step().getBytes(StandardCharsets.US_ASCII)));
    try {
      assertEquals(0, run("detect", "-", "--detector", "ddm"));
    } finally {
      System.setIn(before);
    }
    assertTrue(out.toString().contains("in 2000 rows"), out.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "adwin | 0;x;1 | line 2: 'x' is not a number like 0, 1, 0.25 or 1e-3; correct or delete",
        "adwin | nan;1 | line 1: 'nan' is not a number",
        "adwin | 1;;2 | line 2: is empty, and rows follow; put a number there or delete it",
        "adwin | 1;1,2 | line 2: '1,2' has several columns, one is needed; cut it out",
        "adwin | 1;1e999 | line 2: value 1e999 is not a finite number, as adwin needs",
        "e-sr | 0;1;1.5 | line 3: value 1.5 is not a number in 0..1 (1 = error), as e-sr needs",
        "stepd | 0;0.5 | line 2: value 0.5 is not 0 or 1 (1 = error), as stepd needs",
        "adwin | error | holds no row of numbers; give one number per line",
      })
  void aWrongLineIsNamed(String detector, String lines, String expected) throws IOException {
    Path column = file(lines.replace(";", "\n") + "\n");
    assertEquals(2, run("detect", "" + column, "--detector", detector));
    assertTrue(err.toString().startsWith("fleet: " + column), err.toString());
    assertTrue(err.toString().contains(expected), err.toString());
    assertEquals("", out.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "detect f --detector kswin | detector 'kswin' is unknown; known are e-sr,",
        "detect f --set arll=2 | e-sr: key 'arll' is unknown; known are arl,",
        "detect f --set arl=1 | e-sr: arl = '1' is not a number in 2..",
        "detect f --set arl | --set 'arl' is not key=value; write --set arl=1e6",
        "detect f --set arl=9 --set arl=8 | --set arl is given twice; leave one out",
        "detect /nowhere.csv | /nowhere.csv: there is no such file; name one, or - for",
        "detect | no FILE is given; name a file of numbers, or - for standard input",
      })
  void aWrongChoiceIsNamed(String commandLine, String expected) throws IOException {
    Path column = file("1\n");
    String[] arguments = commandLine.split(" ");
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = arguments[i].equals("f") ? column.toString() : arguments[i];
    }
    assertEquals(2, run(arguments));
    assertTrue(err.toString().contains("fleet: " + expected), err.toString());
  }

  @Test
  void theListShowsEveryDetectorWithItsSettings() {
    assertEquals(0, run("detect", "--list"));
    for (DetectorKind kind : DetectorKind.values()) {
      assertTrue(out.toString().contains("\n" + kind.label()) || kind.ordinal() == 0);
      assertTrue(out.toString().contains(kind.source()), kind.source());
      kind.settings().forEach(s -> assertTrue(out.toString().contains(s.key() + "=")));
    }
  }
}
