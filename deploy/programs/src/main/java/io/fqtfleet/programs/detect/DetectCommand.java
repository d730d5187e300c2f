package io.fqtfleet.programs.detect;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.fqtfleet.streams.drift.DetectorKind;
import io.fqtfleet.streams.drift.DetectorPlan;
import io.fqtfleet.streams.drift.DetectorSetting;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fleet detect}: any detector over any column of numbers. */
@Command(name = "detect", description = "any drift detector over a column of numbers")
public final class DetectCommand implements Callable<Integer> {
  private static final int WRONG = 2;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "one number per line, header allowed; - = standard input")
  private String file;

  @Option(
      names = "--detector",
      paramLabel = "NAME",
      defaultValue = "e-sr",
      description = "see --list (${DEFAULT-VALUE})")
  private String detector;

  @Option(names = "--set", paramLabel = "key=value", description = "a setting; may be repeated")
  private List<String> settings = new ArrayList<>();

  @Option(names = "--json", paramLabel = "FILE", description = "write the alarms as JSON")
  private Path json;

  @Option(names = "--list", description = "show all detectors and their settings")
  private boolean list;

  @Option(names = "--benchmark", description = "all detectors on published streams, a table")
  private boolean benchmark;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "all detectors on a classifier's errors on a data set, a table")
  private Path data;

  @Option(names = "--speed", description = "time and state of all detectors, a table")
  private boolean speed;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (list) {
      list(out());
      return 0;
    }
    if (benchmark || speed || data != null) {
      compare();
      return 0;
    }
    Map<String, String> chosen = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    parse(chosen, problems);
    problems.addAll(DetectorPlan.problems(detector, chosen));
    if (file == null) {
      problems.add("no FILE is given; name a file of numbers, or - for standard input");
    } else if (!"-".equals(file) && !Files.isRegularFile(Path.of(file))) {
      problems.add("%s: there is no such file; name one, or - for standard input".formatted(file));
    }
    if (!problems.isEmpty()) {
      return refuse(problems);
    }
    try {
      Detection found = detect(DetectorPlan.of(detector, chosen));
      print(found);
      if (json != null) {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        Files.writeString(json, mapper.writeValueAsString(found) + "\n");
      }
      return 0;
    } catch (NumberColumn.BadLine e) {
      return refuse(List.of(e.getMessage()));
    }
  }

  private void compare() throws IOException {
    Comparison comparison = new Comparison(out());
    if (benchmark) {
      comparison.streams();
      comparison.concepts();
    }
    if (data != null) {
      comparison.file(DataStream.read(data));
    }
    if (speed) {
      comparison.costs();
    }
  }

  private void parse(Map<String, String> chosen, List<String> problems) {
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        problems.add("--set '%s' is not key=value; write --set arl=1e6".formatted(setting));
      } else if (chosen.put(setting.substring(0, equals), setting.substring(equals + 1)) != null) {
        problems.add(
            "--set %s is given twice; leave one out".formatted(setting.substring(0, equals)));
      }
    }
  }

  private int refuse(List<String> problems) {
    problems.forEach(problem -> err().println("fleet: " + problem));
    return WRONG;
  }

  private Detection detect(DetectorPlan plan) throws IOException, NumberColumn.BadLine {
    boolean piped = "-".equals(file);
    String source = piped ? "standard input" : file;
    try (InputStream in = piped ? System.in : Files.newInputStream(Path.of(file))) {
      return Detection.of(
          plan, source, new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
    }
  }

  private void print(Detection found) {
    for (Detection.Alarm alarm : found.alarms()) {
      out()
          .printf(
              "alarm at row %d, onset about row %d, statistic %.6g, threshold %.6g%n",
              alarm.row(), alarm.onset(), alarm.statistic(), alarm.threshold());
    }
    out()
        .printf(
            "%s: %d alarm%s in %d rows (the first row is 0)%n",
            found.detector(),
            found.alarms().size(),
            found.alarms().size() == 1 ? "" : "s",
            found.rows());
  }

  private static void list(PrintWriter out) {
    for (DetectorKind kind : DetectorKind.values()) {
      String aliases =
          kind.aliases().isEmpty() ? "" : "  (also " + String.join(", ", kind.aliases()) + ")";
      out.println(kind.label() + aliases);
      out.println("  " + kind.summary());
      out.println("  input:      " + kind.input().rule());
      out.println("  source:     " + kind.source());
      out.println("  guarantee:  " + kind.guarantee());
      for (DetectorSetting setting : kind.settings()) {
        out.printf(
            "  --set %-21s %s; %s%n",
            setting.key() + "=" + setting.fallback(), setting.meaning(), setting.allowed());
      }
      out.println();
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
