package io.fqtfleet.programs;

import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.FleetSetup;
import io.fqtfleet.sim.fleet.LoneDevice;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.link.SensorFeed;
import io.fqtfleet.sim.signal.SignalSpace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fleet device}: one firmware image in an emulator, or the pages of a real board. */
@Command(
    name = "device",
    description = {
      "the registry of devices: enrol, move, replace, retire",
      "Without one of these: one firmware image in QEMU or Renode against a broker, or the pages to"
          + " flash."
    },
    subcommands = {
      RegistryCommands.Enrol.class,
      RegistryCommands.Move.class,
      RegistryCommands.Replace.class,
      RegistryCommands.Retire.class
    })
final class DeviceCommand implements Callable<Integer> {
  private static final long LINE_MS = 5_000;
  private static final int KEY_ID = 1;

  /** What is asked for; QEMU if nothing. */
  private static final class What {
    @Option(names = "--qemu", description = "run the image in QEMU mps2-an386 (the default)")
    private boolean qemu;

    @Option(names = "--renode", description = "run the same image in Renode")
    private boolean renode;

    @Option(
        names = "--write-pages",
        paramLabel = "DIR",
        description = "only write <device>.prov and <device>.model, for 'make flash'")
    private Path pages;
  }

  @Spec private CommandSpec spec;

  @ArgGroup private What what = new What();

  @Option(
      names = "--scenario",
      defaultValue = "steady",
      paramLabel = "NAME|FILE",
      description = "whose cohort the device is of (${DEFAULT-VALUE})")
  private String scenario;

  @Option(names = "--cohort", description = "of the scenario; the first one if not named")
  private String cohort;

  @Option(names = "--board", defaultValue = "stm32f4", description = "for --write-pages")
  private String board;

  @Option(names = "--mqtt", defaultValue = "127.0.0.1:1883", paramLabel = "HOST:PORT")
  private String mqtt;

  @Option(
      names = "--master-key-file",
      paramLabel = "FILE",
      description = "64 or more hexadecimal digits; the gateway has the same")
  private Path keyFile;

  @Option(names = "--seconds", description = "stop after so long; 0 = at Ctrl-C")
  private int seconds;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (keyFile == null) {
      // Not required by itself: the registry's commands have no use for it.
      throw new ParameterException(
          spec.commandLine(), "Missing required option: '--master-key-file=FILE'");
    }
    InetSocketAddress broker = SimCommand.address(mqtt);
    byte[] key = SimCommand.masterKey(keyFile);
    Home home = Home.find();
    Path file = Path.of(scenario);
    Scenario described = Scenario.read(Files.isRegularFile(file) ? file : home.scenario(scenario));
    SignalSpace space = described.generated();
    FactoryModel model =
        new ModelTrainer(space, described.sourceDomains(), described.seed()).cached(home.models());
    Path directory = Files.createDirectories(home.run("device"));
    FleetSetup setup = new FleetSetup(broker, key, KEY_ID, directory, home.firmwareImage(), 1);
    if (what.pages != null) {
      String device = LoneDevice.writePages(described, cohort, board, model, setup, what.pages);
      Path at = what.pages.toAbsolutePath().resolve(device);
      System.out.printf(
          "make -C firmware BOARD=%s flash PROVISIONING=%s.prov MODEL=%s.model%n", board, at, at);
      return 0;
    }
    LoneDevice.Emulator emulator =
        what.renode ? LoneDevice.Emulator.RENODE : LoneDevice.Emulator.QEMU;
    Thread stop = StopOnSignal.install();
    try (LoneDevice device =
        LoneDevice.start(emulator, described, cohort, space, model, setup, home.renodeScripts())) {
      return watch(device, emulator, directory);
    } finally {
      StopOnSignal.remove(stop);
    }
  }

  private int watch(LoneDevice device, LoneDevice.Emulator emulator, Path directory)
      throws InterruptedException {
    System.out.printf(
        "%s in %s, broker %s; its log: %s%n",
        device.device(), emulator, mqtt, directory.resolve("device.log"));
    long end = seconds == 0 ? Long.MAX_VALUE : System.nanoTime() + seconds * 1_000_000_000L;
    while (System.nanoTime() < end) {
      long leftMs = seconds == 0 ? LINE_MS : (end - System.nanoTime()) / 1_000_000 + 1;
      Thread.sleep(Math.max(1, Math.min(LINE_MS, leftMs)));
      if (!device.isRunning()) {
        throw new IllegalStateException(
            "the emulator has ended by itself; it wrote " + device.log());
      }
      SensorFeed.Statistics windows = device.statistics();
      System.out.printf(
          "%d windows offered, %d taken by the device%n", windows.offered(), windows.confirmed());
    }
    return 0;
  }
}
