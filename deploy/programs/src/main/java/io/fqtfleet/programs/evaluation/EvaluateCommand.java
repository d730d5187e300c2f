package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.StrictYaml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
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
              description = "S0,S5 or S5.10, and the parts streams, records, fleet, ablation; all")
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
              description = "folder for the report (evaluation of the build folder)")
          Path out,
      @Option(names = "--json", paramLabel = "FILE", description = "everything as JSON") Path json)
      throws IOException {
    if (seeds < 1 || seeds > 100_000) {
      throw new IllegalArgumentException("--seeds " + seeds + " is not in 1..100000");
    }
    List<DriftScenario> chosen = choose(catalogue(), wanted);
    try (Workers workers = new Workers(Runtime.getRuntime().availableProcessors(), System.out)) {
      ScenarioStudy study = ScenarioStudy.run(chosen, seeds, seed, workers);
      study.tables().forEach(table -> System.out.println(table.text()));
    }
    return 0;
  }

  static List<DriftScenario> catalogue() throws IOException {
    try (InputStream in = EvaluateCommand.class.getResourceAsStream(SCENARIOS)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return StrictYaml.parse(SCENARIOS, text, DriftScenario.Catalogue.class).scenarios();
    }
  }

  static List<DriftScenario> choose(List<DriftScenario> all, List<String> wanted) {
    if (wanted == null || wanted.isEmpty()) {
      return all;
    }
    Set<String> unknown = new TreeSet<>();
    for (String id : wanted) {
      if (all.stream().noneMatch(s -> matches(s, id))) {
        unknown.add(id);
      }
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "--scenarios names unknown ones: %s; known are %s"
              .formatted(unknown, all.stream().map(DriftScenario::id).toList()));
    }
    return all.stream().filter(s -> wanted.stream().anyMatch(id -> matches(s, id))).toList();
  }

  private static boolean matches(DriftScenario scenario, String id) {
    String name = id.strip().toUpperCase(Locale.ROOT);
    return scenario.id().toUpperCase(Locale.ROOT).equals(name) || scenario.family().equals(name);
  }
}
