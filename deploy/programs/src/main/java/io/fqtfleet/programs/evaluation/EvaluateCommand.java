package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.Home;
import io.fqtfleet.programs.PolicyCommand;
import io.fqtfleet.programs.detect.DataStream;
import io.fqtfleet.programs.proof.Proof;
import io.fqtfleet.programs.proof.ProofReport;
import io.fqtfleet.programs.report.Workers;
import io.fqtfleet.schemas.StrictYaml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fleet evaluate}: the proof that steering pays; with {@code drift} how drift is found. */
@Command(
    name = "evaluate",
    description =
        "five controllers over the same devices and windows: what training wins back, and costs")
public final class EvaluateCommand implements Callable<Integer> {
  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "5",
      description = "runs per scenario (${DEFAULT-VALUE})")
  private int seeds;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "the first seed (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--scenario",
      paramLabel = "NAMES",
      split = ",",
      description = "abrupt-load, gradual-change ...; absent = all eight")
  private List<String> scenarios;

  @Option(
      names = "--devices",
      paramLabel = "N",
      defaultValue = "" + Proof.DEVICES,
      description = "per cohort; there are five cohorts (${DEFAULT-VALUE})")
  private int devices;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "" + Proof.ROUNDS,
      description = "reports of each device; the change is after a fifth (${DEFAULT-VALUE})")
  private int rounds;

  @Option(
      names = "--windows",
      paramLabel = "N",
      defaultValue = "" + Proof.WINDOWS_PER_ROUND,
      description = "windows per report (${DEFAULT-VALUE})")
  private int windows;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "a data set (meta.json, X.bin ...) instead of generated bearings")
  private Path data;

  @Option(
      names = "--policy",
      paramLabel = "FILE",
      description = "of every cohort; absent = deploy/config/policy.yaml")
  private Path policy;

  @Option(names = "--json", paramLabel = "FILE", description = "everything as JSON")
  private Path json;

  @Option(names = "--html", paramLabel = "FILE", description = "tables and plots as one page")
  private Path html;

  @Override
  public Integer call() throws IOException {
    Home home = Home.find();
    long began = System.nanoTime();
    ProofReport report =
        Proof.run(
            new Proof.Order(
                scenarios == null ? List.of() : scenarios,
                seeds,
                seed,
                devices,
                rounds,
                windows,
                data,
                home.models(),
                PolicyCommand.read(policy == null ? home.shippedPolicy() : policy, 1)),
            System.out);
    System.out.println();
    System.out.print(report.text());
    if (json != null) {
      report.writeJson(json);
    }
    if (html != null) {
      report.writeHtml(html);
    }
    System.out.printf("done in %d s%n", (System.nanoTime() - began) / 1_000_000_000);
    return 0;
  }

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
        report.add(FleetStudy.run(seeds, seed, workers));
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
