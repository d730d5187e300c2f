package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.ModelPage;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.link.QemuDevice;
import io.fqtfleet.sim.link.SensorFeed;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/** A firmware image in QEMU with its sensor. */
final class QemuMember implements AutoCloseable {
  private final String device;
  private final SensorFeed feed;
  private final QemuDevice process;

  /**
   * Starts feed and process.
   *
   * @param clockMs the fleet's time
   */
  QemuMember(
      ProvisioningPage identity,
      byte[] model,
      FleetSetup setup,
      Sensed sensed,
      LongSupplier clockMs) {
    this.device = identity.device();
    try {
      feed = new SensorFeed(device, sensed::window, sensed.periodUs(), clockMs);
    } catch (IOException e) {
      throw new UncheckedIOException("device " + device + ": no port for its sensor", e);
    }
    Path directory = setup.workDirectory().resolve("qemu").resolve(device);
    QemuDevice.Firmware firmware =
        new QemuDevice.Firmware(
            setup.image(),
            directory,
            identity.toBytes(),
            ProvisioningPage.MPS2_ADDRESS,
            model,
            ModelPage.MPS2_ADDRESS);
    try {
      process = QemuDevice.start(device, firmware, setup.broker(), feed.port());
    } catch (IOException | RuntimeException e) {
      closeFeed();
      throw new IllegalStateException("device " + device + " cannot be started in QEMU", e);
    }
  }

  /** What a sensor sees and is told. */
  record Sensed(SampleSource source, LabelRule labels, long periodUs) {
    byte window(long index, short[] samples) {
      return labels.label(index, source.window(index, samples, 0));
    }
  }

  /** Windows that the device confirmed. */
  SensorFeed.Statistics statistics() {
    return feed.statistics();
  }

  String device() {
    return device;
  }

  boolean isRunning() {
    return process.isRunning();
  }

  @Override
  public void close() {
    process.close();
    closeFeed();
  }

  private void closeFeed() {
    try {
      feed.close();
    } catch (IOException e) {
      throw new UncheckedIOException("device " + device + ": closing its sensor failed", e);
    }
  }
}
