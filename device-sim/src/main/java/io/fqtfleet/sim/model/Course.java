package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.NativeLearner.Rule;
import io.fqtfleet.sim.model.NativeLearner.Step;
import io.fqtfleet.sim.signal.Chance;
import java.util.Arrays;

/**
 * A number of passes over labelled samples, shuffled each time, with a rate that falls along half a
 * cosine to a hundredth.
 *
 * @param epochs passes
 * @param first the step of the first pass; its rate is the largest
 */
public record Course(int epochs, Step first) {
  private static final float RATE_END = 0.01f;

  /** Factory weights in floating point. */
  public static Course pretraining(int epochs) {
    return new Course(epochs, new Step(16, 0.003f, 0.05f, Rule.ADAM, 0));
  }

  /**
   * Adapting to a target by the device's rule, in floating point too: then only the arithmetic
   * differs. Many layers want smaller steps than one.
   */
  static Course adaptation(int firstTrainable) {
    float rate = firstTrainable > 0 ? 0.01f : 0.005f;
    return new Course(40, new Step(8, rate, 0, Rule.STANDARDISED, firstTrainable));
  }

  /**
   * @param labels of all samples of the set
   * @return the mean loss of the last pass, in nat
   */
  double train(NativeLearner learner, CodeSet set, int[] samples, Labels labels, long seed) {
    Chance chance = new Chance(seed);
    int[] order = samples.clone();
    byte[] classes = new byte[order.length];
    double loss = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      shuffle(order, chance);
      for (int i = 0; i < order.length; i++) {
        classes[i] = labels.label(order[i]);
      }
      loss = learner.train(set, order, classes, step(epoch));
    }
    return loss;
  }

  /** Class of a sample. */
  @FunctionalInterface
  interface Labels {
    byte label(int sample);
  }

  private Step step(int epoch) {
    double cosine = 0.5 * (1 + StrictMath.cos(Math.PI * epoch / epochs));
    float rate = (float) (first.rate() * (RATE_END + (1 - RATE_END) * cosine));
    return new Step(first.batch(), rate, first.decay(), first.rule(), first.firstTrainable());
  }

  static void shuffle(int[] values, Chance chance) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = chance.below(i + 1);
      int kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
  }

  /** Up to {@code count} of the values, chosen by chance. */
  static int[] choose(int[] values, int count, Chance chance) {
    int[] shuffled = values.clone();
    shuffle(shuffled, chance);
    return Arrays.copyOf(shuffled, Math.min(count, shuffled.length));
  }
}
