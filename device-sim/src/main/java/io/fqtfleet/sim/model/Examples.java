package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.EvaluationData.Place;
import io.fqtfleet.sim.model.ModelDescription.InputKind;
import io.fqtfleet.sim.signal.BearingDomain;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.GeneratedSpace;
import io.fqtfleet.sim.signal.SampleSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Labelled samples for one model, apart into those to learn from and those to be tested on.
 *
 * @param classes that labels are of; a model may have more
 */
public record Examples(CodeSet set, Course.Labels labels, int[] training, int[] test, int classes) {
  private static final int GENERATED_TRAINING = 4_000;
  private static final int GENERATED_TEST = 1_000;

  /** Healthy and broken bearings from the generator: ten classes, windows of 512 samples. */
  public static Examples generated(ModelDescription model, long seed) {
    CodeSet set = new CodeSet(model.input(), GENERATED_TRAINING + GENERATED_TEST);
    if (set.windowSamples() != SampleSource.WINDOW) {
      throw new ModelException(
          ("model %s does not read windows of %d samples, which are all that the generator makes;"
                  + " give a data set with --data")
              .formatted(model.name(), SampleSource.WINDOW));
    }
    GeneratedSpace space = new GeneratedSpace(Map.of("reference", BearingDomain.reference()));
    SampleSource training = space.training("reference", seed);
    SampleSource test = space.source("reference", seed, 0);
    byte[] labels = new byte[set.count()];
    short[] window = new short[SampleSource.WINDOW];
    for (int i = 0; i < labels.length; i++) {
      boolean learnt = i < GENERATED_TRAINING;
      labels[i] = (byte) (learnt ? training : test).window(i, window, 0);
      set.putWindows(i, window, 1);
    }
    return new Examples(
        set,
        sample -> labels[sample],
        IntStream.range(0, GENERATED_TRAINING).toArray(),
        IntStream.range(GENERATED_TRAINING, labels.length).toArray(),
        space.classNames().size());
  }

  /**
   * From a data set, split by time.
   *
   * @param sources names of domains; empty = as the data suggests
   */
  public static Examples of(FileDataSet files, ModelDescription model, List<String> sources) {
    EvaluationData data = new EvaluationData(files, model);
    List<Place> places = data.places(sources);
    return new Examples(
        data.codes(),
        data::label,
        data.samples(places, true),
        data.samples(places, false),
        data.classes());
  }

  /** Codes as they are, without labels: enough to calibrate the ranges of activations. */
  public static Examples calibration(NpyFile codes, ModelDescription model) {
    int width = model.input().shape().count();
    double[] values = codes.values();
    if (model.input().kind() != InputKind.CODES
        || values.length == 0
        || values.length % width != 0) {
      throw new ModelException(
          "%s: %d values are no samples of the %d codes that model %s reads"
              .formatted(codes.file(), values.length, width, model.name()));
    }
    CodeSet set = new CodeSet(model.input(), values.length / width);
    for (int i = 0; i < set.count(); i++) {
      byte[] sample = new byte[width];
      for (int k = 0; k < width; k++) {
        double v = values[i * width + k];
        if (v < 0 || v > 255 || v != Math.rint(v)) {
          throw new ModelException(
              "%s: value %d is %s, no code 0..255".formatted(codes.file(), i * width + k, v));
        }
        sample[k] = (byte) (int) v;
      }
      set.putCodes(i, sample);
    }
    return new Examples(set, sample -> 0, IntStream.range(0, set.count()).toArray(), new int[0], 0);
  }

  /** Share of the test samples that a learner tells right. */
  public double accuracy(NativeLearner learner) {
    return share(learner, set, test, labels);
  }

  static double share(NativeLearner learner, CodeSet set, int[] samples, Course.Labels labels) {
    byte[] predictions = learner.predict(set, samples);
    int right = 0;
    for (int i = 0; i < samples.length; i++) {
      right += predictions[i] == labels.label(samples[i]) ? 1 : 0;
    }
    return samples.length == 0 ? 0 : (double) right / samples.length;
  }

  static int[] joined(List<int[]> parts) {
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  /** Parts of a split for several places. */
  static int[] samples(List<EvaluationData.Split> splits, boolean training) {
    List<int[]> parts = new ArrayList<>();
    splits.forEach(split -> parts.addAll(training ? split.training() : split.test()));
    return joined(parts);
  }
}
