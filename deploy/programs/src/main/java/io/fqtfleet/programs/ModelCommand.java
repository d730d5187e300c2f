package io.fqtfleet.programs;

import io.fqtfleet.sim.model.Arithmetic;
import io.fqtfleet.sim.model.Evaluation;
import io.fqtfleet.sim.model.EvaluationRow;
import io.fqtfleet.sim.model.EvaluationSettings;
import io.fqtfleet.sim.model.EvaluationTable;
import io.fqtfleet.sim.model.ModelDescription;
import io.fqtfleet.sim.model.ModelException;
import io.fqtfleet.sim.signal.FileDataSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fleet model}: models before they go into a fleet. */
@Command(name = "model", description = "train, import, evaluate and check models")
final class ModelCommand {
  private static final int THREADS = Runtime.getRuntime().availableProcessors();

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
      return names.stream().map(name -> ModelDescription.read(file(shipped, name))).toList();
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

  private static Path file(Path shipped, String name) {
    return name.contains("/") || name.endsWith(".model")
        ? Path.of(name)
        : shipped.resolve(name + ".model");
  }
}
