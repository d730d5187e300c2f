package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.EvaluationData.Place;
import io.fqtfleet.sim.model.EvaluationData.Split;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.FileDataSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How well a model follows a change of its world, on windows of later times than it has learnt
 * from.
 *
 * <p>For each seed: factory weights are trained in floating point on the sources' training windows;
 * then, for each target and mode, a device begins with them, adapts on {@value
 * EvaluationSettings#WINDOWS_PER_CLASS} labelled windows per class of the target (its last layer
 * only, or all layers), and is tested on the target's test windows.
 */
public final class Evaluation {
  private static final int PRETRAINING_EPOCHS = 40;

  private final EvaluationSettings settings;
  private final ModelDescription model;
  private final EvaluationData data;
  private final List<Place> sources;
  private final List<Place> targets;

  private record Key(String target, Arithmetic mode, int trainableLayers) {}

  private record Score(double before, double after) {}

  /**
   * @param described the number of classes is the data's, whatever the description says
   * @throws ModelException if model and data do not fit, or a source is not there
   */
  public Evaluation(FileDataSet set, ModelDescription described, EvaluationSettings settings) {
    this.settings = settings;
    this.model = described.withClasses(set.classNames().size()).unfrozen();
    this.data = new EvaluationData(set, model);
    this.sources = data.places(settings.sources());
    this.targets =
        data.places().stream()
            .filter(place -> !sources.contains(place) && hasWindows(data.split(place)))
            .toList();
  }

  /** True if the model can be evaluated on the set. */
  public static boolean fits(FileDataSet set, ModelDescription model) {
    return EvaluationData.fits(set, model);
  }

  private static boolean hasWindows(Split split) {
    return split.training().stream().mapToInt(rows -> rows.length).sum() > 0
        && split.test().stream().mapToInt(rows -> rows.length).sum() > 0;
  }

  /** The rows of this model; the threads take one seed after the other. */
  public List<EvaluationRow> run() {
    ExecutorService workers = Executors.newFixedThreadPool(settings.threads());
    try {
      List<Future<Map<Key, Score>>> seeds = new ArrayList<>();
      for (int seed = 1; seed <= settings.seeds(); seed++) {
        long one = seed;
        seeds.add(workers.submit(() -> scores(one)));
      }
      List<Map<Key, Score>> scores = new ArrayList<>();
      for (Future<Map<Key, Score>> seed : seeds) {
        scores.add(seed.get());
      }
      return rows(scores);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ModelException("the evaluation was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } finally {
      workers.shutdownNow();
    }
  }

  private List<EvaluationRow> rows(List<Map<Key, Score>> seeds) {
    String source = sources.stream().map(Place::name).collect(Collectors.joining("+"));
    List<EvaluationRow> rows = new ArrayList<>();
    for (Key key : seeds.get(0).keySet()) {
      double before =
          seeds.stream().mapToDouble(seed -> seed.get(key).before()).average().orElse(0);
      double after = seeds.stream().mapToDouble(seed -> seed.get(key).after()).average().orElse(0);
      String target = key.target().isEmpty() ? source : key.target();
      rows.add(
          new EvaluationRow(
              model.name(),
              source,
              target,
              key.mode().toString(),
              key.trainableLayers(),
              before,
              after,
              seeds.size()));
    }
    return rows;
  }

  private Map<Key, Score> scores(long seed) {
    Map<Key, Score> scores = new LinkedHashMap<>();
    int[] training = data.samples(sources, true);
    try (NativeLearner factory =
        NativeLearner.open(model, Arithmetic.FLOAT, Chance.seed(seed, "weights"))) {
      Course.pretraining(PRETRAINING_EPOCHS)
          .train(factory, data.codes(), training, data::label, Chance.seed(seed, "pretraining"));
      for (Arithmetic mode : settings.modes()) {
        try (NativeLearner device = factory.copy(mode, data.codes(), training, seed)) {
          double source = accuracy(device, data.samples(sources, false));
          scores.put(new Key("", mode, 0), new Score(source, source));
        }
        for (Place target : targets) {
          for (int layers : trainable()) {
            try (NativeLearner device = factory.copy(mode, data.codes(), training, seed)) {
              scores.put(new Key(target.name(), mode, layers), adapt(device, target, layers, seed));
            }
          }
        }
      }
    }
    return scores;
  }

  /** The last layer alone, and all. */
  private List<Integer> trainable() {
    return Stream.of(1, model.weightLayers().size()).distinct().toList();
  }

  private Score adapt(NativeLearner device, Place target, int layers, long seed) {
    int[] test = data.samples(List.of(target), false);
    double before = accuracy(device, test);
    Chance chance = new Chance(Chance.seed(seed, "windows of " + target.name()));
    List<int[]> chosen = new ArrayList<>();
    for (int[] rows : data.split(target).training()) {
      chosen.add(Course.choose(rows, EvaluationSettings.WINDOWS_PER_CLASS, chance));
    }
    int first = model.weightLayers().size() - layers;
    Course course = Course.adaptation(first);
    course.train(
        device,
        data.codes(),
        Examples.joined(chosen),
        data::label,
        Chance.seed(seed, target.name()));
    return new Score(before, accuracy(device, test));
  }

  private double accuracy(NativeLearner learner, int[] samples) {
    return Examples.share(learner, data.codes(), samples, data::label);
  }
}
