package io.fqtfleet.programs.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fqtfleet.programs.ProgramLog;
import io.fqtfleet.programs.StopOnSignal;
import io.fqtfleet.programs.faults.FaultRun.Extent;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fleet faults}: pulls every plug and counts what arrives. */
@Command(name = "faults", description = "pulls every plug under load and counts what arrives")
public final class FaultsCommand implements Callable<Integer> {
  private static final int BROKEN = 1;
  private static final int INTERRUPTED = 130;
  private static final double SHORT_SCALE = 0.4;

  @Spec private CommandSpec spec;

  @Option(names = "--json", paramLabel = "FILE", description = "the rows as JSON")
  private Path json;

  @Option(
      names = "--scenario",
      paramLabel = "NAMES",
      split = ",",
      description = "only these; --list shows all")
  private List<String> names;

  @Option(
      names = "--broker",
      paramLabel = "NAME",
      split = ",",
      description = "artemis or mosquitto (both)")
  private List<String> brokers;

  @Option(names = "--short", description = "the most telling ones, each held for a shorter time")
  private boolean brief;

  @Option(names = "--list", description = "names and words of all faults")
  private boolean list;

  @Option(
      names = "--devices",
      paramLabel = "N",
      defaultValue = "40",
      description = "8..500 (${DEFAULT-VALUE})")
  private int devices;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "400",
      description = "reports per second of all, 10..10000 (${DEFAULT-VALUE})")
  private int rate;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (list) {
      Scenarios.all().forEach(s -> out.printf("%-22s %s%n", s.name(), s.what()));
      out.flush();
      return 0;
    }
    within("--devices", devices, 8, 500);
    within("--rate", rate, 10, 10_000);
    List<String> chosen = brokers == null ? FaultSuite.BROKERS : brokers;
    for (String broker : chosen) {
      if (!FaultSuite.BROKERS.contains(broker)) {
        throw new IllegalArgumentException(
            "--broker '%s' is none of %s".formatted(broker, String.join(", ", FaultSuite.BROKERS)));
      }
    }
    List<FaultScenario> scenarios =
        names != null
            ? Scenarios.named(names)
            : brief ? Scenarios.named(Scenarios.SHORT) : Scenarios.all();
    Path directory = Files.createTempDirectory("fqt-faults");
    ProgramLog.to(directory.resolve("faults.log"));
    Extent extent = new Extent(devices, rate, brief ? SHORT_SCALE : 1);
    FaultSuite suite =
        new FaultSuite(
            directory,
            extent,
            brief,
            line -> {
              out.println(line);
              out.flush();
            });
    Thread stop = StopOnSignal.install();
    try {
      List<FaultRow> rows = suite.run(scenarios, chosen);
      if (json != null) {
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(json.toFile(), rows);
      }
      return verdict(rows, directory, out);
    } catch (InterruptedException e) {
      out.println("stopped before its end; everything is down");
      return INTERRUPTED;
    } finally {
      StopOnSignal.remove(stop);
    }
  }

  private static int verdict(List<FaultRow> rows, Path directory, PrintWriter out) {
    long broken = rows.stream().filter(row -> !row.broken().isEmpty()).count();
    long skipped = rows.stream().filter(row -> row.skipped() != null).count();
    out.printf(
        "%d faults, %d kept the promise, %d broke it, %d skipped%n",
        rows.size(), rows.size() - broken - skipped, broken, skipped);
    if (broken == 0) {
      FaultSuite.delete(directory);
    } else {
      out.println("logs of all processes: " + directory);
    }
    out.flush();
    return broken == 0 ? 0 : BROKEN;
  }

  private static void within(String option, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s %d is not in %d..%d".formatted(option, value, min, max));
    }
  }
}
