package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.ModelPage;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.link.DeviceProcess;
import io.fqtfleet.sim.link.QemuDevice;
import io.fqtfleet.sim.link.RenodeDevice;
import io.fqtfleet.sim.link.SensorFeed;
import io.fqtfleet.sim.signal.SignalSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One firmware image in an emulator with the sensor of its cohort, for trying things out. */
public final class LoneDevice implements AutoCloseable {
  /** Where the image runs. */
  public enum Emulator {
    QEMU,
    RENODE
  }

  private final String device;
  private final SensorFeed feed;
  private final DeviceProcess process;

  private LoneDevice(String device, SensorFeed feed, DeviceProcess process) {
    this.device = device;
    this.feed = feed;
    this.process = process;
  }

  /**
   * Starts feed and process.
   *
   * @param cohort of the scenario; its first QEMU device's name and sensor are used
   * @param renodeScripts the folder {@code firmware/renode}
   * @throws IllegalStateException if the emulator or the image is missing
   */
  public static LoneDevice start(
      Emulator emulator,
      Scenario scenario,
      String cohort,
      SignalSpace space,
      FactoryModel model,
      FleetSetup setup,
      Path renodeScripts)
      throws IOException {
    if (emulator == Emulator.QEMU) {
      QemuDevice.requireAvailable(setup.image());
    } else {
      RenodeDevice.requireAvailable();
    }
    CohortSpec spec = cohortOf(scenario, cohort);
    String device = spec.qemuDevice(0);
    SensorPlan plan = new SensorPlan(scenario, space);
    SensorPlan.Place place = plan.qemu(spec, 0);
    QemuMember.Sensed sensed =
        new QemuMember.Sensed(plan.source(place), plan.labels(place), place.periodUs());
    long startNanos = System.nanoTime();
    SensorFeed feed =
        new SensorFeed(
            device,
            sensed::window,
            sensed.periodUs(),
            () -> (System.nanoTime() - startNanos) / 1_000_000);
    QemuDevice.Firmware firmware =
        new QemuDevice.Firmware(
            setup.image(),
            setup.workDirectory(),
            page(scenario, spec, setup, "mps2-an386"),
            ProvisioningPage.MPS2_ADDRESS,
            model.page(),
            ModelPage.MPS2_ADDRESS);
    try {
      DeviceProcess process =
          emulator == Emulator.QEMU
              ? QemuDevice.start(device, firmware, setup.broker(), feed.port())
              : RenodeDevice.start(device, firmware, renodeScripts, setup.broker(), feed.port());
      return new LoneDevice(device, feed, process);
    } catch (IOException | RuntimeException e) {
      feed.close();
      throw e;
    }
  }

  /**
   * Writes the two pages to be flashed beside the program: {@code <device>.prov} and {@code
   * <device>.model}.
   *
   * @return the device's name
   */
  public static String writePages(
      Scenario scenario,
      String cohort,
      String board,
      FactoryModel model,
      FleetSetup setup,
      Path directory)
      throws IOException {
    CohortSpec spec = cohortOf(scenario, cohort);
    String device = spec.qemuDevice(0);
    Files.createDirectories(directory);
    Files.write(directory.resolve(device + ".prov"), page(scenario, spec, setup, board));
    Files.write(directory.resolve(device + ".model"), model.page());
    return device;
  }

  private static byte[] page(Scenario scenario, CohortSpec spec, FleetSetup setup, String board) {
    return Identities.of(scenario, setup, spec, spec.qemuDevice(0), board).toBytes();
  }

  private static CohortSpec cohortOf(Scenario scenario, String name) {
    return scenario.cohorts().stream()
        .filter(spec -> name == null || spec.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "cohort '%s' is not in scenario '%s'; it has %s"
                        .formatted(
                            name,
                            scenario.name(),
                            scenario.cohorts().stream().map(CohortSpec::name).toList())));
  }

  public String device() {
    return device;
  }

  public boolean isRunning() {
    return process.isRunning();
  }

  /** What the emulator wrote. */
  public Path log() {
    return process.log();
  }

  /** Windows that the device confirmed. */
  public SensorFeed.Statistics statistics() {
    return feed.statistics();
  }

  @Override
  public void close() throws IOException {
    process.close();
    feed.close();
  }
}
