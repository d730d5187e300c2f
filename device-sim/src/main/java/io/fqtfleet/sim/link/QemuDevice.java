package io.fqtfleet.sim.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One firmware image in QEMU ({@code mps2-an386}, Cortex-M4F) as a child process: UART0 is a TCP
 * stream to the broker, UART1 one to its sensor feed, UART2 its log; a file holds what it stores.
 * Emulated instructions, no cycles: timing is not that of a board.
 */
public final class QemuDevice implements DeviceProcess {
  private static final Logger LOG = LoggerFactory.getLogger(QemuDevice.class);

  public static final String PROGRAM = "qemu-system-arm";

  private static final Pattern VERSION = Pattern.compile("version (\\d+)\\.(\\d+)");
  private static final int VERSION_TIMEOUT_S = 20;
  private static final int STOP_TIMEOUT_S = 5;

  private final String device;
  private final Process process;
  private final Path log;

  /**
   * What a device is started from.
   *
   * @param image firmware, an ELF file
   * @param directory for its pages, its store and its output; made if missing
   * @param provisioningPage who it is
   * @param provisioningAddress where that stands in flash
   * @param modelPage its factory weights
   * @param modelAddress where they stand in flash
   */
  public record Firmware(
      Path image,
      Path directory,
      byte[] provisioningPage,
      long provisioningAddress,
      byte[] modelPage,
      long modelAddress) {}

  /** QEMU's version; from 9.2 on an option has another name. */
  record Version(int major, int minor) {
    boolean hasReconnectMs() {
      return major > 9 || major == 9 && minor >= 2;
    }
  }

  /**
   * Checks that devices can be started, before anything is.
   *
   * @throws IllegalStateException with what is missing and how to get it
   */
  public static void requireAvailable(Path image) {
    version();
    if (image == null || !Files.isRegularFile(image)) {
      throw new IllegalStateException(
          "there is no firmware image "
              + (image == null ? "(none was named)" : image)
              + ": build it with 'make -C firmware target' (needs gcc-arm-none-eabi), or run"
              + " without QEMU devices");
    }
  }

  /**
   * Starts a device.
   *
   * @throws IOException if its files cannot be written or the process cannot be started
   */
  public static QemuDevice start(
      String device, Firmware firmware, InetSocketAddress broker, int sensorPort)
      throws IOException {
    requireAvailable(firmware.image());
    Path directory = Files.createDirectories(firmware.directory());
    Files.write(directory.resolve("provisioning.bin"), firmware.provisioningPage());
    Files.write(directory.resolve("model.bin"), firmware.modelPage());
    Path log = directory.resolve("qemu.log");
    Process process =
        new ProcessBuilder(command(firmware, broker, sensorPort, version()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    LOG.info("device={} started in QEMU, pid {}", device, process.pid());
    return new QemuDevice(device, process, log);
  }

  private QemuDevice(String device, Process process, Path log) {
    this.device = device;
    this.process = process;
    this.log = log;
  }

  static List<String> command(
      Firmware firmware, InetSocketAddress broker, int sensorPort, Version version) {
    Path directory = firmware.directory();
    List<String> command = new ArrayList<>();
    command.addAll(List.of(PROGRAM, "-M", "mps2-an386,memory-backend=nv"));
    command.addAll(
        List.of(
            "-object",
            "memory-backend-file,id=nv,size=16M,share=on,mem-path=" + directory.resolve("nv.bin")));
    command.addAll(List.of("-nodefaults", "-display", "none", "-monitor", "none"));
    addUart(command, "u0", broker.getHostString(), broker.getPort(), version);
    addUart(command, "u1", "127.0.0.1", sensorPort, version);
    command.addAll(List.of("-serial", "file:" + directory.resolve("device.log")));
    addPage(command, directory.resolve("provisioning.bin"), firmware.provisioningAddress());
    addPage(command, directory.resolve("model.bin"), firmware.modelAddress());
    command.addAll(List.of("-kernel", firmware.image().toString()));
    return command;
  }

  private static void addUart(
      List<String> command, String id, String host, int port, Version version) {
    String reconnect = version.hasReconnectMs() ? "reconnect-ms=1000" : "reconnect=1";
    command.add("-chardev");
    command.add("socket,id=%s,host=%s,port=%d,%s,nodelay=on".formatted(id, host, port, reconnect));
    command.add("-serial");
    command.add("chardev:" + id);
  }

  private static void addPage(List<String> command, Path file, long address) {
    command.add("-device");
    command.add("loader,file=%s,addr=0x%08x,force-raw=on".formatted(file, address));
  }

  private static Version version() {
    try {
      Process asked = new ProcessBuilder(PROGRAM, "--version").redirectErrorStream(true).start();
      String text = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!asked.waitFor(VERSION_TIMEOUT_S, TimeUnit.SECONDS)) {
        asked.destroyForcibly();
      }
      return parseVersion(text);
    } catch (IOException e) {
      throw new IllegalStateException(
          PROGRAM
              + " is not installed: apt-get install qemu-system-arm, or run without QEMU devices",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking for the version of " + PROGRAM, e);
    }
  }

  static Version parseVersion(String text) {
    Matcher matcher = VERSION.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException(
          PROGRAM + " --version says '" + text.strip() + "', which names no version");
    }
    return new Version(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  @Override
  public boolean isRunning() {
    return process.isAlive();
  }

  @Override
  public Path log() {
    return log;
  }

  /** Ends the process at once, as a power cut does: the broker publishes its last will. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
        LOG.warn("device={} QEMU did not end in {} s; killed", device, STOP_TIMEOUT_S);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
