package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.NativeLearner.Rule;
import io.fqtfleet.sim.model.NativeLearner.Step;
import io.fqtfleet.sim.signal.Chance;
import java.util.Arrays;

/**
 * Factory weights: trained on the host, or taken from elsewhere, and quantised to what a device is
 * flashed with.
 */
public final class ModelTraining {
  private static final int EPOCHS_MAX = 10_000;

  /** Samples that the ranges of activations come from. */
  private static final int CALIBRATION_MAX = 2_000;

  private final ModelDescription model;
  private final Examples examples;
  private final long seed;

  /**
   * @throws ModelException if the examples have more classes than the model
   */
  public ModelTraining(ModelDescription model, Examples examples, long seed) {
    if (examples.classes() > model.classes()) {
      throw new ModelException(
          "the data has %d classes, model %s tells %d apart; end it with 'linear %d'"
              .formatted(examples.classes(), model.name(), model.classes(), examples.classes()));
    }
    if (examples.training().length == 0) {
      throw new ModelException("the data has no windows to learn from; give other domains");
    }
    this.model = model;
    this.examples = examples;
    this.seed = seed;
  }

  /** Trained in floating point with Adam, then quantised. */
  public NativeLearner inFloat(int epochs) {
    checkEpochs(epochs);
    try (NativeLearner learner =
        NativeLearner.open(model, Arithmetic.FLOAT, Chance.seed(seed, "weights"))) {
      train(learner, Course.pretraining(epochs));
      return quantised(learner);
    }
  }

  /** Trained from random weights by the device's own arithmetic and rule. */
  public NativeLearner onDevice(int epochs) {
    checkEpochs(epochs);
    if (model.frozen() > 0) {
      throw new ModelException(
          "model %s has %d frozen layers, which a device cannot train; train it in float"
              .formatted(model.name(), model.frozen()));
    }
    NativeLearner learner =
        NativeLearner.open(model, model.arithmetic(), Chance.seed(seed, "weights"));
    int batch = Math.min(16, model.batch());
    train(learner, new Course(epochs, new Step(batch, 0.02f, 0, Rule.STANDARDISED, 0)));
    return learner;
  }

  /** Weights from elsewhere, quantised. */
  public NativeLearner imported(float[] weights) {
    try (NativeLearner learner = NativeLearner.open(model, Arithmetic.FLOAT, seed)) {
      learner.setWeights(weights);
      return quantised(learner);
    }
  }

  private void train(NativeLearner learner, Course course) {
    course.train(
        learner,
        examples.set(),
        examples.training(),
        examples.labels(),
        Chance.seed(seed, "pretraining"));
  }

  private NativeLearner quantised(NativeLearner learner) {
    int[] order = examples.training().clone();
    Course.shuffle(order, new Chance(Chance.seed(seed, "calibration")));
    int[] calibration = Arrays.copyOf(order, Math.min(order.length, CALIBRATION_MAX));
    return learner.copy(model.arithmetic(), examples.set(), calibration, seed);
  }

  private static void checkEpochs(int epochs) {
    if (epochs < 1 || epochs > EPOCHS_MAX) {
      throw new ModelException("epochs %d is not in 1..%d".formatted(epochs, EPOCHS_MAX));
    }
  }
}
