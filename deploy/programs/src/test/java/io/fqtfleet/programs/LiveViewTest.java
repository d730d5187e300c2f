package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is written, and what a terminal makes of it. */
class LiveViewTest {
  private final StringWriter written = new StringWriter();

  private LiveView view(int columns) {
    return LiveView.of(written::append, "6 " + columns);
  }

  /** The screen after all that was written: of the sequences only those that we use are known. */
  private List<String> screen() {
    List<String> lines = new ArrayList<>(List.of(""));
    int row = 0;
    for (String part :
        written.toString().split("(?=\u001b\\[)|(?<=\u001b\\[[0-9]{0,2}[FJ])|(?<=\n)")) {
      if (part.matches("\u001b\\[[0-9]+F")) {
        row -= Integer.parseInt(part.substring(2, part.length() - 1));
      } else if (part.equals("\u001b[J")) {
        lines = new ArrayList<>(lines.subList(0, row));
        lines.add("");
      } else {
        lines.set(row, lines.get(row) + part.replace("\n", ""));
        if (part.endsWith("\n")) {
          row++;
          lines.add("");
        }
      }
    }
    return lines;
  }

  @Test
  void withoutATerminalEverythingIsALine() {
    LiveView view = view(0);
    view.line("began");
    view.standing("half way", List.of("50 %", "of all"));
    view.line("over");
    assertEquals("began\nhalf way\nover\n", written.toString());
    assertEquals(5_000, view.everyMs(5_000));
  }

  @Test
  void onATerminalTheBlockIsRedrawnBelowWhatHappened() {
    LiveView view = view(40);
    view.line("began");
    view.standing("", List.of("a 10 %", "b 20 %"));
    view.line("alert");
    view.standing("", List.of("a 30 %", "b 40 %", "c 1 %"));
    assertEquals(List.of("began", "alert", "a 30 %", "b 40 %", "c 1 %", ""), screen());
    view.end();
    view.line("over");
    assertEquals(List.of("began", "alert", "a 30 %", "b 40 %", "c 1 %", "over", ""), screen());
    assertEquals(1_000, view.everyMs(5_000));
  }

  @Test
  void aLineOfTheBlockNeverWraps() {
    LiveView view = view(20);
    view.standing("", List.of("x".repeat(19), "y".repeat(20)));
    assertEquals(List.of("x".repeat(19), "y".repeat(16) + "...", ""), screen());
  }

  @Test
  void aShareIsABarAndANumber() {
    assertEquals("#".repeat(15) + ".".repeat(15) + "  50 %", LiveView.bar(0.5));
    assertEquals("#".repeat(30) + " 100 %", LiveView.bar(1));
    assertEquals(".".repeat(30) + "    -", LiveView.bar(Double.NaN));
  }

  @Test
  void aBlockIsNeverHigherThanTheTerminal() {
    view(40).standing("", List.of("1", "2", "3", "4", "5", "6"));
    assertEquals(List.of("1", "2", "3", "4", "... and 2 lines more", ""), screen());
  }

  @Test
  void whatIsNoTerminalIsNotDrawnOn() {
    for (String terminal : new String[] {null, "", "0 0", "unknown", "24 10", "2 80"}) {
      assertEquals(5_000, LiveView.of(written::append, terminal).everyMs(5_000));
    }
  }
}
