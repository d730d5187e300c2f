package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.detect.DataStream;
import io.fqtfleet.schemas.StrictYaml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fleet evaluate}. */
@Command(name = "evaluate", description = "measure how well the project does what it is for")
public final class EvaluateCommand {
  private static final String SCENARIOS = "/evaluation/drift-scenarios.yaml";

  @Command(
      name = "drift",
      description = "detectors on seeded fleets and streams: tables, JSON, CSV and an HTML report")
  int drift(
      @Option(
              names = "--seeds",
              paramLabel = "N",
              defaultValue = "100",
              description = "runs per scenario (${DEFAULT-VALUE})")
          int seeds,
      @Option(
              names = "--scenarios",
              paramLabel = "IDS",
              split = ",",
              description =
                  "S0 or S0.iid, or parts: streams, records, fleet, ablation, speed; absent ="
                      + " everything")
          List<String> wanted,
      @Option(
              names = "--seed",
              paramLabel = "S",
              defaultValue = "1",
              description = "the first seed (${DEFAULT-VALUE})")
          long seed,
      @Option(
              names = "--data",
              paramLabel = "DIR",
              description = "a labelled data set (meta.json, X.bin, y.bin); may be repeated")
          List<Path> data,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              defaultValue = "drift-evaluation",
              description = "folder for the report (${DEFAULT-VALUE})")
          Path out,
      @Option(names = "--json", paramLabel = "FILE", description = "everything as JSON") Path json)
      throws IOException {
    if (seeds < 1 || seeds > 100_000) {
      throw new IllegalArgumentException("--seeds " + seeds + " is not in 1..100000");
    }
    Selection selection = Selection.of(catalogue(), wanted);
    List<DataStream> streams = new ArrayList<>();
    for (Path folder : data == null ? List.<Path>of() : data) {
      streams.add(DataStream.read(folder));
    }
    long began = System.nanoTime();
    DriftReport report =
        new DriftReport("%d runs per scenario, first seed %d.".formatted(seeds, seed));
    try (Workers workers = new Workers(Runtime.getRuntime().availableProcessors(), System.out)) {
      if (selection.has("STREAMS")) {
        report.add(StreamStudy.published(workers));
      }
      for (DataStream stream : streams) {
        report.add(StreamStudy.data(stream, workers));
      }
      if (!selection.scenarios().isEmpty()) {
        ScenarioStudy study = ScenarioStudy.run(selection.scenarios(), seeds, seed, workers);
        report.add(new Study(study.tables(), Figures.of(study), Targets.of(study)));
      }
      if (selection.has("RECORDS")) {
        report.add(RecordStudy.run(seeds, seed, workers));
      }
      if (selection.has("FLEET")) {
        report.add(FleetStudy.run(seed, workers));
      }
      if (selection.has("ABLATION")) {
        report.add(AblationStudy.run(catalogue(), seeds, seed, workers));
      }
      if (selection.has("SPEED")) {
        report.add(SpeedStudy.run(seed, workers));
      }
    }
    System.out.println(report.text());
    report.write(out);
    if (json != null) {
      report.writeJson(json);
    }
    System.out.printf(
        "written to %s in %d s; open %s%n",
        out, (System.nanoTime() - began) / 1_000_000_000, out.resolve("report.html"));
    return 0;
  }

  static List<DriftScenario> catalogue() throws IOException {
    try (InputStream in = EvaluateCommand.class.getResourceAsStream(SCENARIOS)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return StrictYaml.parse(SCENARIOS, text, DriftScenario.Catalogue.class).scenarios();
    }
  }
}
