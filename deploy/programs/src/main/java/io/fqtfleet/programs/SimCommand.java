package io.fqtfleet.programs;

import io.fqtfleet.sim.fleet.CohortStatistics;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.Fleet;
import io.fqtfleet.sim.fleet.FleetSetup;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.FileDataSet;
import io.fqtfleet.sim.signal.SignalSpace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fleet sim}: simulated devices against any broker. */
@Command(name = "sim", description = "a fleet of simulated devices")
final class SimCommand {
  private static final long LINE_MS = 5_000;
  private static final Duration SETTLE = Duration.ofSeconds(15);
  private static final int PORT_MAX = 65_535;

  @Command(name = "validate", description = "check a scenario file")
  void validate(@Parameters(paramLabel = "SCENARIO") Path file) {
    Scenario scenario = Scenario.read(file);
    System.out.printf(
        "%s: '%s' is valid: %d simulated devices, %d in QEMU, %d s%n",
        file,
        scenario.name(),
        scenario.simulatedDevices(),
        scenario.qemuDevices(),
        scenario.duration().toSeconds());
  }

  @Command(name = "run", description = "run a scenario against an MQTT broker")
  int run(
      @Parameters(paramLabel = "SCENARIO") Path file,
      @Option(names = "--mqtt", required = true, paramLabel = "HOST:PORT") String mqtt,
      @Option(
              names = "--master-key-file",
              required = true,
              paramLabel = "FILE",
              description = "64 or more hexadecimal digits; the gateway has the same")
          Path keyFile,
      @Option(names = "--data", paramLabel = "DIR", description = "a data set") Path data)
      throws IOException, InterruptedException {
    Scenario scenario = Scenario.read(file);
    Home home = Home.find();
    SignalSpace space = data == null ? scenario.generated() : scenario.from(FileDataSet.read(data));
    FactoryModel model =
        new ModelTrainer(space, scenario.sourceDomains(), scenario.seed()).cached(home.models());
    Path directory = Files.createDirectories(home.run("sim-" + ProcessHandle.current().pid()));
    FleetSetup setup =
        new FleetSetup(address(mqtt), masterKey(keyFile), 1, directory, home.firmwareImage(), 2);
    try (Fleet fleet = new Fleet(scenario, space, model, setup)) {
      Thread stop = StopOnSignal.install();
      try {
        fleet.start();
        while (fleet.nowMs() < scenario.duration().toMillis()) {
          Thread.sleep(Math.min(LINE_MS, scenario.duration().toMillis() - fleet.nowMs() + 1));
          fleet.statistics().forEach(cohort -> print(fleet, cohort));
        }
        int unacked = fleet.settle(SETTLE);
        System.out.printf("%s; %d without acknowledgement%n", fleet.accounting().totals(), unacked);
        return unacked == 0 ? 0 : 1;
      } finally {
        StopOnSignal.remove(stop);
      }
    }
  }

  private static void print(Fleet fleet, CohortStatistics cohort) {
    System.out.printf(
        "%5d s  %-16s %d/%d connected  %.1f %% right  %d trained  %d on a budget%n",
        fleet.nowMs() / 1000,
        cohort.cohort(),
        cohort.connected(),
        cohort.devices(),
        100.0 * cohort.judged().correct() / Math.max(1, cohort.judged().labelled()),
        cohort.trained(),
        cohort.onBudget());
  }

  static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= PORT_MAX) {
        return new InetSocketAddress(text.substring(0, colon), port);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("--mqtt '" + text + "' is not HOST:PORT", e);
    }
    throw new IllegalArgumentException("--mqtt '" + text + "' is not HOST:PORT");
  }

  static byte[] masterKey(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "--master-key-file %s is not there; make one: openssl rand -hex 32 > %s"
              .formatted(file, file));
    }
    try {
      return HexFormat.of().parseHex(Files.readString(file).strip());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--master-key-file " + file + " does not hold hexadecimal digits only", e);
    }
  }
}
