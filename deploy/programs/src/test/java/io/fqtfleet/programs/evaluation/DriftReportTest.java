package io.fqtfleet.programs.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.programs.evaluation.Study.Target;
import io.fqtfleet.programs.report.Workers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written: every format, from runs, twice the same. */
class DriftReportTest {
  @TempDir private Path folder;

  private static void write(Path to) throws IOException {
    PrintStream quiet = new PrintStream(new ByteArrayOutputStream());
    DriftReport report = new DriftReport("two runs & <no more>");
    List<DriftScenario> chosen =
        Selection.of(EvaluateCommand.catalogue(), List.of("S16.fault")).scenarios();
    try (Workers workers = new Workers(2, quiet)) {
      ScenarioStudy study = ScenarioStudy.run(chosen, 2, 1, workers);
      report.add(new Study(study.tables(), Figures.of(study), Targets.of(study)));
    }
    report.add(
        new Study(List.of(), List.of(), List.of(Target.unknown("T4", "x", "y", "not there"))));
    report.write(to);
  }

  @Test
  void oneSeedGivesOneReport() throws Exception {
    write(folder.resolve("a"));
    write(folder.resolve("b"));
    for (String file : List.of("scenarios.csv", "false-alarms.csv", "attribution.csv")) {
      assertEquals(
          Files.readString(folder.resolve("a").resolve(file)),
          Files.readString(folder.resolve("b").resolve(file)));
    }
    JsonNode json = new ObjectMapper().readTree(folder.resolve("a/report.json").toFile());
    JsonNode ours = json.get("scenarios").get(0);
    assertEquals(ScenarioRun.PRODUCTION, ours.get("method").asText());
    assertEquals(4, ours.get("changes").asInt());
    assertEquals(1, ours.get("recall").asDouble());
    assertEquals("NOT MEASURED", json.get("targets").findValuesAsText("verdict").get(4));
  }

  @Test
  void thePageFetchesNothingAndItsPlotsAreWellFormed() throws Exception {
    write(folder);
    String html = Files.readString(folder.resolve("report.html"));
    assertFalse(html.contains("src=") || html.contains("href=") || html.contains("url("));
    assertTrue(html.contains("two runs &amp; &lt;no more&gt;"));
    int from = 0;
    int plots = 0;
    while ((from = html.indexOf("<svg", from)) >= 0) {
      int end = html.indexOf("</svg>", from) + "</svg>".length();
      var in = new java.io.ByteArrayInputStream(html.substring(from, end).getBytes("UTF-8"));
      DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(in);
      plots++;
      from = end;
    }
    assertTrue(plots >= 2, plots + " plots");
  }

  @Test
  void anUnknownScenarioIsNamed() throws IOException {
    List<DriftScenario> all = EvaluateCommand.catalogue();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Selection.of(all, List.of("S0", "S99")));
    assertTrue(e.getMessage().contains("[S99]; known are [S0.iid"), e.getMessage());
    assertEquals(5, Selection.of(all, List.of("s0")).scenarios().size());
    assertEquals(Selection.PARTS.size(), Selection.of(all, List.of()).parts().size());
  }
}
