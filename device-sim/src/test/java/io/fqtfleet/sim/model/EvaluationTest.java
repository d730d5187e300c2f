package io.fqtfleet.sim.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.sim.NeedsAgent;
import io.fqtfleet.sim.signal.DataSetFixture;
import io.fqtfleet.sim.signal.FileDataSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The evaluation on a tiny data set: which windows it uses, and the shape of its answer. */
@NeedsAgent
class EvaluationTest {
  private static final int PER_CLASS = 10;
  private static final ModelDescription ONE_CHANNEL =
      ModelDescription.parse("m", "model one\ninput window 32 step 1\nlinear 4 relu\nlinear 9");

  @TempDir private Path folder;
  private FileDataSet set;

  @BeforeEach
  void writes() throws IOException {
    DataSetFixture.write(folder, PER_CLASS, 32);
    set = FileDataSet.read(folder);
  }

  private static EvaluationSettings settings(List<String> sources) {
    return new EvaluationSettings(sources, List.of(Arithmetic.values()), 2, 2);
  }

  @Test
  void everyTargetModeAndDepthHasOneRowTheSameEachTime() {
    List<EvaluationRow> rows = new Evaluation(set, ONE_CHANNEL, settings(List.of())).run();
    assertEquals(3 * (1 + 3 * 2), rows.size(), "modes * (source + targets * depths)");
    assertEquals("north channel 0", rows.get(0).source());
    assertEquals(0, rows.get(0).trainableLayers());
    for (EvaluationRow row : rows) {
      assertTrue(row.accuracyAfter() >= 0 && row.accuracyAfter() <= 1, row.toString());
      assertEquals(2, row.seeds());
    }
    assertEquals(rows, new Evaluation(set, ONE_CHANNEL, settings(List.of())).run());
  }

  @Test
  void channelsMayBeReadTogether() {
    ModelDescription both =
        ModelDescription.parse("m", "model both\ninput window 32 channels 2 step 1\nlinear 3");
    List<EvaluationRow> rows = new Evaluation(set, both, settings(List.of("south"))).run();
    assertEquals(3 * 2, rows.size(), "one target, one layer");
    assertEquals("south", rows.get(0).source());
    assertEquals("north", rows.get(1).target());
  }

  @Test
  void trainingAndTestAreApartInTime() {
    EvaluationData data = new EvaluationData(set, ONE_CHANNEL.withClasses(3));
    EvaluationData.Split split = data.split(data.places().get(0));
    for (int label = 0; label < 3; label++) {
      assertEquals(List.of(0, 1, 2, 3, 4), times(split.training().get(label)));
      assertEquals(List.of(6, 7, 8, 9), times(split.test().get(label)));
    }
  }

  /** Time of a sample of the fixture, whose rows run backwards in time. */
  private List<Integer> times(int[] samples) {
    return Arrays.stream(samples).mapToObj(s -> set.time(s / 2)).toList();
  }

  @Test
  void whatDoesNotFitIsNamed() {
    ModelDescription other = ModelDescription.parse("m", "model long\ninput window 64\nlinear 3");
    assertTrue(!Evaluation.fits(set, other));
    String message =
        assertThrows(ModelException.class, () -> new Evaluation(set, other, settings(List.of())))
            .getMessage();
    assertEquals(
        "model long reads windows of 64 int16 samples in 1 channels; data set 'tiny' has windows of"
            + " 32 int16 samples in 2 channels: write a model with 'input window 32 channels 2'",
        message);
    String source =
        assertThrows(
                ModelException.class,
                () -> new Evaluation(set, ONE_CHANNEL, settings(List.of("west"))))
            .getMessage();
    assertTrue(source.startsWith("source 'west' is not one of [north channel 0, "), source);
  }

  @Test
  void theTableIsForPeopleAndForPrograms() throws IOException {
    List<EvaluationRow> rows =
        List.of(
            new EvaluationRow("m", "a", "a", "fine", 0, 0.9, 0.9, 5),
            new EvaluationRow("m", "a", "b", "fine", 1, 0.5, 0.875, 5),
            new EvaluationRow("m", "a", "b", "fine", 3, 0.5, 1, 5));
    String text = EvaluationTable.text(rows);
    assertTrue(text.contains("last layer    50.0 >   87.5"), text);
    assertTrue(text.contains("all layers    50.0 >  100.0"), text);
    Path json = folder.resolve("rows.json");
    EvaluationTable.writeJson(json, "tiny", rows);
    JsonNode root = new ObjectMapper().readTree(json.toFile());
    assertEquals("tiny", root.path("dataSet").asText());
    assertEquals(
        "{\"model\":\"m\",\"source\":\"a\",\"target\":\"b\",\"mode\":\"fine\","
            + "\"trainableLayers\":1,\"accuracyBefore\":0.5,\"accuracyAfter\":0.875,\"seeds\":5}",
        root.path("rows").get(1).toString());
  }
}
