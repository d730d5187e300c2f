package io.fqtfleet.programs;

import io.fqtfleet.sim.model.Arithmetic;
import io.fqtfleet.sim.model.Evaluation;
import io.fqtfleet.sim.model.EvaluationRow;
import io.fqtfleet.sim.model.EvaluationSettings;
import io.fqtfleet.sim.model.EvaluationTable;
import io.fqtfleet.sim.model.Examples;
import io.fqtfleet.sim.model.ModelDescription;
import io.fqtfleet.sim.model.ModelException;
import io.fqtfleet.sim.model.ModelTraining;
import io.fqtfleet.sim.model.NativeLearner;
import io.fqtfleet.sim.model.NpyFile;
import io.fqtfleet.sim.model.WeightImport;
import io.fqtfleet.sim.signal.FileDataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fleet model}: models before they go into a fleet. */
@Command(name = "model", description = "train, import, evaluate and check models")
final class ModelCommand {
  private static final int THREADS = Runtime.getRuntime().availableProcessors();

  /** Where the samples for training, or for the ranges of activations, come from. */
  static final class Samples {
    @Option(
        names = "--data",
        paramLabel = "DIR",
        description = "a data set; without it, the generator's bearings")
    private Path data;

    @Option(
        names = "--source",
        split = ",",
        paramLabel = "DOMAIN",
        description = "domains of the data set (the first, or its published split)")
    private List<String> sources = List.of();

    Examples examples(ModelDescription model, long seed) {
      return data == null
          ? Examples.generated(model, seed)
          : Examples.of(FileDataSet.read(data), model, sources);
    }
  }

  @Command(name = "check", description = "read a description; exit code 1 if it is refused")
  void check(@Option(names = "--model", required = true, paramLabel = "NAME|FILE") String name) {
    ModelDescription model = description(name);
    try (NativeLearner learner = NativeLearner.open(model, model.arithmetic(), 1)) {
      System.out.printf(
          "%s: valid; %d parameters, %d layers with weights (%d frozen), %s, %d classes%n",
          model.name(),
          model.parameters(),
          model.weightLayers().size(),
          model.frozen(),
          model.arithmetic(),
          model.classes());
      System.out.printf("tensors %s%n", model.shapes());
      System.out.printf("RAM of the learner's arena: %d bytes%n", learner.arenaBytes());
    }
  }

  @Command(name = "train", description = "train factory weights on the host, as a model page")
  void train(
      @Option(names = "--model", required = true, paramLabel = "NAME|FILE") String name,
      @Mixin Samples samples,
      @Option(names = "--mode", paramLabel = "MODE", description = "uint8 or fine") Arithmetic mode,
      @Option(
              names = "--with",
              defaultValue = "float",
              paramLabel = "float|device",
              description = "float: then quantised (default); device: its own rule from the start")
          String with,
      @Option(names = "--epochs", defaultValue = "40", paramLabel = "N") int epochs,
      @Option(names = "--seed", defaultValue = "1", paramLabel = "N") long seed,
      @Option(names = "--out", required = true, paramLabel = "FILE") Path out)
      throws IOException {
    ModelDescription model = inMode(description(name), mode);
    Examples examples = samples.examples(model, seed);
    ModelTraining training = new ModelTraining(model, examples, seed);
    try (NativeLearner learner =
        switch (with) {
          case "float" -> training.inFloat(epochs);
          case "device" -> training.onDevice(epochs);
          default -> throw new ModelException("--with '%s' is not float or device".formatted(with));
        }) {
      write(learner, examples, out);
    }
  }

  @Command(name = "import", description = "weights from .npy files into a model page")
  void importWeights(
      @Option(names = "--model", required = true, paramLabel = "NAME|FILE") String name,
      @Option(names = "--weights", required = true, paramLabel = "DIR") Path weights,
      @Option(
              names = "--layout",
              defaultValue = "channels-last",
              paramLabel = "channels-last|torch",
              description = "order of the extents in convolutions (channels-last)")
          String layout,
      @Mixin Samples samples,
      @Option(
              names = "--calibration",
              paramLabel = "FILE",
              description = "uint8 codes, for a model that reads codes")
          Path calibration,
      @Option(names = "--mode", paramLabel = "MODE", description = "uint8 or fine") Arithmetic mode,
      @Option(names = "--out", required = true, paramLabel = "FILE") Path out)
      throws IOException {
    ModelDescription model = inMode(description(name), mode);
    float[] parameters = new WeightImport(weights, layout(layout)).read(model);
    Examples examples =
        calibration == null
            ? samples.examples(model, 1)
            : Examples.calibration(NpyFile.read(calibration), model);
    try (NativeLearner learner = new ModelTraining(model, examples, 1).imported(parameters)) {
      write(learner, examples, out);
    }
  }

  private static WeightImport.Layout layout(String text) {
    return switch (text) {
      case "channels-last" -> WeightImport.Layout.CHANNELS_LAST;
      case "torch" -> WeightImport.Layout.TORCH;
      default ->
          throw new ModelException("--layout '%s' is not channels-last or torch".formatted(text));
    };
  }

  private static ModelDescription inMode(ModelDescription model, Arithmetic mode) {
    if (mode == Arithmetic.FLOAT) {
      throw new ModelException("devices do not learn in floating point; --mode is uint8 or fine");
    }
    return mode == null ? model : model.with(mode);
  }

  private static void write(NativeLearner learner, Examples examples, Path out) throws IOException {
    byte[] page = learner.exportPage();
    Files.write(out, page);
    System.out.printf(
        "%s: %d bytes, model %s in %s",
        out, page.length, learner.description().name(), learner.arithmetic());
    System.out.println(
        examples.test().length == 0
            ? ""
            : ", %.1f %% of %d other windows right"
                .formatted(100 * examples.accuracy(learner), examples.test().length));
  }

  @Command(
      name = "evaluate",
      description = "how well models follow a change of their world, uint8, fine and float")
  void evaluate(
      @Option(names = "--data", required = true, paramLabel = "DIR", description = "a data set")
          Path data,
      @Option(
              names = "--source",
              split = ",",
              paramLabel = "DOMAIN",
              description = "where factory weights are from (the first, or the published split)")
          List<String> sources,
      @Option(
              names = "--models",
              split = ",",
              paramLabel = "NAME|FILE",
              description = "of firmware/models, or files (all that can read the data)")
          List<String> models,
      @Option(names = "--modes", split = ",", paramLabel = "MODE") List<Arithmetic> modes,
      @Option(names = "--seeds", defaultValue = "5", paramLabel = "N") int seeds,
      @Option(names = "--json", paramLabel = "FILE", description = "the rows as JSON") Path json)
      throws IOException {
    FileDataSet set = FileDataSet.read(data);
    EvaluationSettings settings =
        new EvaluationSettings(
            sources == null ? List.of() : sources,
            modes == null ? List.of(Arithmetic.values()) : modes,
            seeds,
            THREADS);
    List<EvaluationRow> rows = new ArrayList<>();
    for (ModelDescription model : descriptions(models, set)) {
      List<EvaluationRow> found = new Evaluation(set, model, settings).run();
      System.out.print(EvaluationTable.text(found));
      rows.addAll(found);
    }
    if (json != null) {
      EvaluationTable.writeJson(json, set.name(), rows);
    }
  }

  private static List<ModelDescription> descriptions(List<String> names, FileDataSet set)
      throws IOException {
    Path shipped = Home.find().shippedModels();
    if (names != null) {
      return names.stream().map(ModelCommand::description).toList();
    }
    try (Stream<Path> files = Files.list(shipped)) {
      List<ModelDescription> fitting =
          files
              .filter(file -> file.toString().endsWith(".model"))
              .sorted()
              .map(ModelDescription::read)
              .filter(model -> Evaluation.fits(set, model))
              .toList();
      if (fitting.isEmpty()) {
        throw new ModelException(
            "no model in %s reads windows of %d samples in %d channels; give one with --models FILE"
                .formatted(shipped, set.samples(), set.channels()));
      }
      return fitting;
    }
  }

  /** A file, or the name of a shipped model. */
  private static ModelDescription description(String name) {
    return ModelDescription.read(
        name.contains("/") || name.endsWith(".model")
            ? Path.of(name)
            : Home.find().shippedModels().resolve(name + ".model"));
  }
}
