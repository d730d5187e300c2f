package io.fqtfleet.sim.link;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One firmware image in Renode as a child process, started by {@code firmware/renode/device.resc}.
 * Renode's lines are TCP servers on all interfaces of this machine; two bridges join them to broker
 * and sensor feed. What the device stores is lost when it is closed.
 */
public final class RenodeDevice implements DeviceProcess {
  private static final Logger LOG = LoggerFactory.getLogger(RenodeDevice.class);

  public static final String PROGRAM = "renode";
  private static final int STOP_TIMEOUT_S = 10;

  private final Process process;
  private final Path log;
  private final List<StreamBridge> bridges;

  private RenodeDevice(Process process, Path log, List<StreamBridge> bridges) {
    this.process = process;
    this.log = log;
    this.bridges = bridges;
  }

  /**
   * Checks that a device can be started, before anything is.
   *
   * @throws IllegalStateException with what is missing and how to get it
   */
  public static void requireAvailable() {
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(java.io.File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, PROGRAM))) {
        return;
      }
    }
    throw new IllegalStateException(
        "'renode' is not on the PATH: install Renode 1.14 or later from https://renode.io, or use"
            + " --qemu");
  }

  /**
   * Starts a device.
   *
   * @param scripts the folder {@code firmware/renode}
   * @throws IOException if its files cannot be written or the process cannot be started
   */
  public static RenodeDevice start(
      String device,
      QemuDevice.Firmware firmware,
      Path scripts,
      InetSocketAddress broker,
      int sensorPort)
      throws IOException {
    requireAvailable();
    Path directory = Files.createDirectories(firmware.directory());
    Files.write(directory.resolve("provisioning.bin"), firmware.provisioningPage());
    Files.write(directory.resolve("model.bin"), firmware.modelPage());
    Path log = directory.resolve("renode.log");
    int network = freePort();
    int sensor = freePort();
    Process process =
        new ProcessBuilder(command(device, firmware, scripts, network, sensor))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start(); // its standard input stays open: Renode ends at the end of it
    LOG.info("device={} started in Renode, pid {}", device, process.pid());
    InetSocketAddress feed = new InetSocketAddress(InetAddress.getLoopbackAddress(), sensorPort);
    return new RenodeDevice(
        process,
        log,
        List.of(
            new StreamBridge(device + "-network", loopback(network), broker),
            new StreamBridge(device + "-sensor", loopback(sensor), feed)));
  }

  static List<String> command(
      String device, QemuDevice.Firmware firmware, Path scripts, int network, int sensor) {
    Path directory = firmware.directory().toAbsolutePath();
    Path boards = scripts.toAbsolutePath();
    return List.of(
        PROGRAM,
        "--disable-xwt",
        "--console",
        "--plain",
        "-e",
        "$name=\"" + device + "\"",
        "-e",
        "$repl=@" + boards.resolve("mps2_an386.repl"),
        "-e",
        "$elf=@" + firmware.image().toAbsolutePath(),
        "-e",
        "$provisioning=@" + directory.resolve("provisioning.bin"),
        "-e",
        "$model=@" + directory.resolve("model.bin"),
        "-e",
        "$provisioning_address=0x%08x".formatted(firmware.provisioningAddress()),
        "-e",
        "$model_address=0x%08x".formatted(firmware.modelAddress()),
        "-e",
        "$network_port=" + network,
        "-e",
        "$sensor_port=" + sensor,
        "-e",
        "$log=@" + directory.resolve("device.log"),
        "-e",
        "include @" + boards.resolve("device.resc"));
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Free now; Renode takes it a moment later. */
  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public boolean isRunning() {
    return process.isAlive();
  }

  @Override
  public Path log() {
    return log;
  }

  @Override
  public void close() {
    bridges.forEach(StreamBridge::close);
    process.destroy();
    try {
      if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
