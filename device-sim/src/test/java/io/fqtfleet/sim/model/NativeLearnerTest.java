package io.fqtfleet.sim.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.NeedsAgent;
import io.fqtfleet.sim.model.NativeLearner.Rule;
import io.fqtfleet.sim.model.NativeLearner.Step;
import io.fqtfleet.sim.signal.Chance;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Models on the host: floating point and quantised, from training to the page and back. */
@NeedsAgent
class NativeLearnerTest {
  private static final ModelDescription MODEL =
      ModelDescription.parse(
          "m",
          """
          model small
          input codes 1 24 2 scale 0.02 zero 128
          conv 6 kernel 6 stride 2 relu
          globalavg
          linear 8 relu
          linear 3
          """);
  private static final int COUNT = 240;
  private static final long SEED = 5;

  private final CodeSet set = new CodeSet(MODEL.input(), COUNT);
  private final Examples examples = examples();

  /** Three frequencies, any phase, some noise. */
  private Examples examples() {
    Chance chance = new Chance(SEED);
    for (int i = 0; i < COUNT; i++) {
      double phase = chance.uniform() * 2 * Math.PI;
      byte[] codes = new byte[set.width()];
      for (int k = 0; k < codes.length; k++) {
        double angle = phase + (k / 2) * (0.5 + 0.7 * (i % 3)) + (k % 2) * 0.5;
        codes[k] = (byte) (int) (128 + 50 * StrictMath.sin(angle) + 8 * chance.bell());
      }
      set.putCodes(i, codes);
    }
    int[] training = IntStream.range(0, 180).toArray();
    int[] test = IntStream.range(180, COUNT).toArray();
    return new Examples(set, sample -> (byte) (sample % 3), training, test, 3);
  }

  private ModelTraining training(Arithmetic mode) {
    return new ModelTraining(MODEL.with(mode), examples, SEED);
  }

  @Test
  void aModelTrainedInFloatLosesLittleWhenItIsQuantised() {
    try (NativeLearner fine = training(Arithmetic.FINE).inFloat(30);
        NativeLearner bytes = training(Arithmetic.UINT8).inFloat(30)) {
      assertTrue(examples.accuracy(fine) > 0.93, "fine " + examples.accuracy(fine));
      assertTrue(examples.accuracy(bytes) > 0.9, "uint8 " + examples.accuracy(bytes));
    }
  }

  @Test
  void theDevicesOwnRuleLearnsFromRandomWeights() {
    try (NativeLearner fine = training(Arithmetic.FINE).onDevice(30)) {
      assertTrue(examples.accuracy(fine) > 0.9, "seed 5: " + examples.accuracy(fine));
    }
  }

  @Test
  void aPageBringsBackTheSameModelAndADamagedOneIsRefused() {
    try (NativeLearner first = training(Arithmetic.FINE).inFloat(5);
        NativeLearner second = NativeLearner.open(first.description(), Arithmetic.FINE, 99)) {
      byte[] page = first.exportPage();
      second.loadPage(page);
      assertArrayEquals(first.weights(), second.weights());
      assertArrayEquals(first.predict(set, examples.test()), second.predict(set, examples.test()));
      assertArrayEquals(page, second.exportPage());
      page[page.length / 2] ^= 1;
      String message = assertThrows(ModelException.class, () -> second.loadPage(page)).getMessage();
      assertTrue(message.startsWith("model page "), message);
      assertArrayEquals(first.weights(), second.weights(), "after the refusal");
    }
  }

  /**
   * From the same weights, one minibatch of 16 by the device's rule: the fine step points along the
   * float step (cosine 0.9 at least) and is about as long (within 25 %).
   */
  @Test
  void aFineStepFollowsTheFloatStep() {
    Step step = new Step(16, 0.02f, 0, Rule.STANDARDISED, 0);
    int[] order = Arrays.copyOf(examples.training(), 16);
    byte[] labels = new byte[16];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (order[i] % 3);
    }
    try (NativeLearner base = NativeLearner.open(MODEL, Arithmetic.FLOAT, SEED);
        NativeLearner real = base.copy(Arithmetic.FLOAT, set, examples.training(), SEED);
        NativeLearner fine = base.copy(Arithmetic.FINE, set, examples.training(), SEED)) {
      float[] realMove = move(real, set, order, labels, step);
      float[] fineMove = move(fine, set, order, labels, step);
      double dot = 0;
      double a = 0;
      double b = 0;
      for (int i = 0; i < realMove.length; i++) {
        dot += (double) realMove[i] * fineMove[i];
        a += (double) realMove[i] * realMove[i];
        b += (double) fineMove[i] * fineMove[i];
      }
      assertTrue(dot / Math.sqrt(a * b) > 0.9, "cosine " + dot / Math.sqrt(a * b));
      assertEquals(1, Math.sqrt(b / a), 0.25, "length ratio");
    }
  }

  private static float[] move(
      NativeLearner learner, CodeSet set, int[] order, byte[] labels, Step step) {
    float[] before = learner.weights();
    learner.train(set, order, labels, step);
    float[] after = learner.weights();
    for (int i = 0; i < after.length; i++) {
      after[i] -= before[i];
    }
    return after;
  }

  @Test
  void importedWeightsPredictAsInFloat() {
    float[] weights;
    byte[] expected;
    try (NativeLearner real = NativeLearner.open(MODEL, Arithmetic.FLOAT, 3)) {
      weights = real.weights();
      expected = real.predict(set, examples.test());
    }
    try (NativeLearner fine = training(Arithmetic.FINE).imported(weights)) {
      byte[] found = fine.predict(set, examples.test());
      int same = 0;
      for (int i = 0; i < found.length; i++) {
        same += found[i] == expected[i] ? 1 : 0;
      }
      assertTrue(same >= 57, same + " of 60 predictions are the same");
    }
  }

  @Test
  void aModelThatDoesNotFitIsRefusedWithTheReason() {
    ModelDescription wide =
        ModelDescription.parse(
            "m", "model wide\ninput codes 4 4 256 scale 1 zero 0\nconv 1024 kernel 4x4\nlinear 2");
    ModelException arena =
        assertThrows(
            ModelException.class, () -> NativeLearner.open(wide, Arithmetic.FINE, 1).close());
    assertTrue(arena.getMessage().contains("limit"), arena.getMessage());
    ModelDescription tight =
        ModelDescription.parse("m", "model tight\ninput window 64\nlinear 8\nlinear 2\nram 900");
    String message =
        assertThrows(
                ModelException.class, () -> NativeLearner.open(tight, Arithmetic.FINE, 1).close())
            .getMessage();
    assertTrue(message.matches("model tight needs \\d+ bytes of RAM .* limit 900 .*"), message);
  }

  @Test
  void wrongArgumentsAreNamed() {
    try (NativeLearner learner = NativeLearner.open(MODEL, Arithmetic.FLOAT, 1)) {
      Step step = new Step(16, 0.01f, 0, Rule.ADAM, 0);
      assertEquals(
          "sample 240 is not in 0..239", refusal(() -> learner.predict(set, new int[] {COUNT})));
      assertEquals(
          "sample 0: label 3 is not in 0..2, the classes of model small",
          refusal(() -> learner.train(set, new int[1], new byte[] {3}, step)));
      assertEquals(
          "first trainable layer 3 is not in 0..2, the layers with weights of model small",
          refusal(
              () -> learner.train(set, new int[1], new byte[1], new Step(1, 1, 0, Rule.ADAM, 3))));
    }
    NativeLearner closed = NativeLearner.open(MODEL, Arithmetic.FLOAT, 1);
    closed.close();
    assertThrows(IllegalStateException.class, closed::weights);
  }

  private static String refusal(Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }
}
