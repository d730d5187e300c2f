package io.fqtfleet.sim.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.model.LayerDescription.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Descriptions: what is read, and what is said of one that is wrong. */
class ModelDescriptionTest {
  private static final String IMAGE =
      """
      model tiny-image   # a comment
      input codes 8 8 3 scale 0.5 zero 100
      conv 4 kernel 3x3 pad 1x1 relu
      depthwise kernel 3x2 stride 2x1 relu
      maxpool 2 stride 1
      globalavg

      linear 7
      mode uint8
      batch 8
      frozen 1
      ram 9000
      """;

  private static ModelDescription parse(String text) {
    return ModelDescription.parse("m", text);
  }

  private static String problem(String text) {
    return assertThrows(ModelException.class, () -> parse(text)).getMessage();
  }

  @Test
  void everyStatementIsRead() {
    ModelDescription model = parse(IMAGE);
    assertEquals("tiny-image", model.name());
    assertEquals(0.5f, model.input().scale());
    assertEquals(100, model.input().zero());
    assertEquals(
        "[8x8x3, 8x8x4, 3x7x4, 3x6x4, 1x1x4, 1x1x7]", model.shapes().toString(), "tensors");
    assertEquals(new LayerDescription(Kind.CONV, true, 4, 3, 3, 1, 1, 1, 1), model.layers().get(0));
    assertEquals(
        new LayerDescription(Kind.MAX_POOL, false, 0, 1, 2, 1, 1, 0, 0), model.layers().get(2));
    assertEquals(Arithmetic.UINT8, model.arithmetic());
    assertEquals(List.of(8, 1, 9000), List.of(model.batch(), model.frozen(), model.ramLimit()));
    assertEquals(4 * 28 + 4 * 7 + 7 * 5, model.parameters());
    assertEquals(9, model.withClasses(9).classes());
  }

  @Test
  void oneNumberIsAlongTimeAndPoolsStrideByTheirWindow() {
    ModelDescription model =
        parse(
            "model m\ninput window 64 channels 2 step 32\nconv 3 kernel 8 stride 2 relu\n"
                + "avgpool 4\nlinear 2");
    assertEquals("[1x64x2, 1x29x3, 1x7x3, 1x1x2]", model.shapes().toString());
    assertEquals(32f, model.input().scale());
    assertEquals(Arithmetic.FINE, model.arithmetic());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "input window 9 | m: line 1: 'input' before 'model NAME'",
        "model Big | m: line 1: model 'Big': write a name of a-z",
        "model m;linear 3 | m: line 2: linear before 'input'",
        "model m;input spectra 32 | line 2: spectra '32' is not a number 64..64",
        "model m;input noise 3 | line 2: input 'noise' is not one of: spectra 64, window N",
        "model m;input codes 1 2 3 | line 2: input codes needs 'scale S zero Z'",
        "model m;input codes 1 2 3 scale nan zero 1 | line 2: scale 'nan' is not a number",
        "model m;input window 8 step 300 | line 2: step '300' is not a number 0.00390625..256.0",
        "model m;input window 8;conv 2 | line 3: conv needs 'kernel K'",
        "model m;input window 8;conv 2 kernel 3x | line 3: kernel '3x' is not 1..255",
        "model m;input window 8;conv 0 kernel 3 | line 3: outputs '0' is not a number 1..1024",
        "model m;input window 8;linear 2 tanh | line 3: 'tanh' is not understood behind linear",
        "model m;input window 8;dense 2 | line 3: 'dense' is no statement; there are model",
        "model m;input window 8;mode int4 | line 3: mode 'int4' is not fine or uint8",
        "model m;input window 8;batch 65 | line 3: batch '65' is not a number 1..64",
        "model m;input window 8;batch 4;batch 5 | line 4: a second 'batch'; write it once",
        "model m;input window 8 | line 2: the text ends without a layer",
        "model m;input window 8;conv 2 kernel 9;linear 2 | m: line 3: layer 0 (conv): its"
            + " kernel has width 9, but only 8 come from below",
        "model m;input window 8;linear 2 relu | the last layer is linear with relu; end with",
        "model m;input window 8;linear 1 | the last layer has 1 rows; a model tells 2..64",
        "model m;input window 8;linear 2;frozen 1 | frozen 1 of 1 layers with weights leaves none",
        "model m;input window 4096 channels 2;linear 2 | line 3: layer 0 (linear): 8192 weights per"
            + " structure, over the limit 4096; pool before it",
      })
  void whatIsWrongIsSaidWithLineValueAndRule(String lines, String expected) {
    String message = problem(lines.replace(';', '\n'));
    assertTrue(message.contains(expected), message);
  }

  @Test
  void aMissingFileSaysWhereModelsAre() {
    String message =
        assertThrows(ModelException.class, () -> ModelDescription.read(Path.of("/nowhere.model")))
            .getMessage();
    assertEquals(
        "/nowhere.model: there is no such file; shipped models are in firmware/models", message);
  }

  @Test
  void everyShippedModelIsRead() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("../firmware/models"))) {
      List<ModelDescription> models =
          files
              .filter(file -> file.toString().endsWith(".model"))
              .map(ModelDescription::read)
              .toList();
      assertTrue(models.size() >= 4, models.size() + " models");
      models.forEach(model -> assertTrue(model.parameters() > 2_000, model.name()));
    }
  }
}
