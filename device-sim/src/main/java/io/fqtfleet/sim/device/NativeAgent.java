package io.fqtfleet.sim.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The firmware's agent, bit for bit, in this process: windows in, messages out. The rules of a
 * device stand in {@code firmware/app/agent.c}; this class checks arguments and life cycle.
 *
 * <p>Times are milliseconds since the device's boot and never go back. Any thread may call; calls
 * to one agent exclude each other, agents are independent. A call after {@link #close} throws
 * IllegalStateException.
 */
public final class NativeAgent implements AutoCloseable {
  /** Samples of one window. */
  public static final int WINDOW = 512;

  /** The label of a window without one. */
  public static final byte NO_LABEL = -1;

  private static final String LIBRARY_PROPERTY = "fqt.agent.library";
  private static final String LIBRARY_RESOURCE = "/native/linux-x86_64/libfqtagent.so";

  private long handle;

  private NativeAgent(long handle) {
    this.handle = handle;
  }

  /** Counters since boot, as they are when asked for. */
  public record Counters(
      long samples,
      long labelled,
      long correct,
      long trained,
      long macsForward,
      long macsBackward,
      long throttled,
      long energyPicoJoule,
      long budgetVersion,
      long reportSequence) {}

  /**
   * Boots a device.
   *
   * @param provisioningPage who it is: {@link ProvisioningPage#toBytes}
   * @param modelPage its factory weights: {@link ModelPage#toBytes}
   * @param bootCounter 1 or more
   * @throws IllegalArgumentException with what is wrong with a page
   */
  public static NativeAgent open(
      byte[] provisioningPage, byte[] modelPage, int bootCounter, int bootNonce) {
    if (bootCounter < 1) {
      throw new IllegalArgumentException("boot counter " + bootCounter + " is not 1 or more");
    }
    Library.load();
    return new NativeAgent(nativeOpen(provisioningPage, modelPage, bootCounter, bootNonce));
  }

  /**
   * The sensor delivers windows, one every {@code stepMs} from {@code firstMs} on.
   *
   * @param samples {@value #WINDOW} per window, one window after the other
   * @param labels one per window: a class, or {@link #NO_LABEL}
   * @throws IllegalArgumentException and counts nothing if a length or a label is wrong
   */
  public synchronized void windows(short[] samples, byte[] labels, long firstMs, int stepMs) {
    if (samples.length != labels.length * (long) WINDOW) {
      throw new IllegalArgumentException(
          "%d samples and %d labels: each window has %d samples and one label"
              .formatted(samples.length, labels.length, WINDOW));
    }
    if (stepMs < 0) {
      throw new IllegalArgumentException("step of " + stepMs + " ms: time never goes back");
    }
    nativeWindows(open(), samples, labels, checkTime(firstMs), stepMs);
  }

  /** True when the report interval of the budget in force has passed. */
  public synchronized boolean reportDue(long nowMs) {
    return nativeReportDue(open(), checkTime(nowMs));
  }

  /** The next TrainingReport; takes its sequence number. */
  public synchronized byte[] report(long nowMs) {
    return nativeReport(open(), checkTime(nowMs));
  }

  /** The DeviceStatus to publish at birth (online) or to leave as last will. */
  public synchronized byte[] status(boolean online) {
    return nativeStatus(open(), online);
  }

  /** Judges a message of the budget topic; returns the BudgetAck to publish. */
  public synchronized byte[] budget(String topic, byte[] payload, long nowMs) {
    return nativeBudget(open(), topic.getBytes(StandardCharsets.UTF_8), payload, checkTime(nowMs));
  }

  /** The BudgetAck for a message that was too large to be received. */
  public synchronized byte[] oversize(long nowMs) {
    return nativeOversize(open(), checkTime(nowMs));
  }

  /** The weights as a model page: the factory page of further devices. */
  public synchronized byte[] exportModel() {
    return nativeExportModel(open());
  }

  /** FNV-1a 64 of shape and weights; equal on every board. */
  public synchronized long weightsHash() {
    return nativeWeightsHash(open());
  }

  /** Version of the budget in force; 0 = factory budget. */
  public long budgetVersion() {
    return counters().budgetVersion();
  }

  /** A snapshot of the counters. */
  public synchronized Counters counters() {
    long[] c = nativeCounters(open());
    return new Counters(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9]);
  }

  @Override
  public synchronized void close() {
    if (handle != 0) {
      nativeClose(handle);
      handle = 0;
    }
  }

  private long open() {
    if (handle == 0) {
      throw new IllegalStateException("this device's agent is closed");
    }
    return handle;
  }

  private static long checkTime(long nowMs) {
    if (nowMs < 0) {
      throw new IllegalArgumentException("time " + nowMs + " ms is before the boot");
    }
    return nowMs;
  }

  /**
   * The device's program: what decides, with its inputs, every result.
   *
   * @throws IllegalStateException with the remedy, if it was not built
   */
  public static byte[] libraryBytes() {
    String path = System.getProperty(LIBRARY_PROPERTY);
    try (InputStream library =
        path != null
            ? Files.newInputStream(Path.of(path))
            : NativeAgent.class.getResourceAsStream(LIBRARY_RESOURCE)) {
      if (library == null) {
        throw new IllegalStateException(
            ("the device library %s is not in the class path: build it with 'make -C firmware"
                    + " host' (needs gcc and make), or name one with -D%s=FILE")
                .formatted(LIBRARY_RESOURCE, LIBRARY_PROPERTY));
      }
      return library.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the device library", e);
    }
  }

  /** Makes the native methods of this and other classes callable. */
  public static void loadLibrary() {
    Library.load();
  }

  /** Loads the library once per process, at the first device. */
  private static final class Library {
    static {
      String path = System.getProperty(LIBRARY_PROPERTY);
      System.load(path != null ? Path.of(path).toAbsolutePath().toString() : extracted());
    }

    static void load() {
      // the static initialiser has done it
    }

    private static String extracted() {
      byte[] library = libraryBytes();
      try {
        Path file = Files.createTempFile("libfqtagent", ".so");
        file.toFile().deleteOnExit();
        Files.write(file, library);
        return file.toString();
      } catch (IOException e) {
        throw new UncheckedIOException(
            "cannot copy the device library to " + System.getProperty("java.io.tmpdir"), e);
      }
    }
  }

  private static native long nativeOpen(
      byte[] provisioningPage, byte[] modelPage, int bootCounter, int bootNonce);

  private static native void nativeClose(long handle);

  private static native void nativeWindows(
      long handle, short[] samples, byte[] labels, long firstMs, int stepMs);

  private static native byte[] nativeReport(long handle, long nowMs);

  private static native boolean nativeReportDue(long handle, long nowMs);

  private static native byte[] nativeStatus(long handle, boolean online);

  private static native byte[] nativeBudget(long handle, byte[] topic, byte[] payload, long nowMs);

  private static native byte[] nativeOversize(long handle, long nowMs);

  private static native byte[] nativeExportModel(long handle);

  private static native long nativeWeightsHash(long handle);

  private static native long[] nativeCounters(long handle);
}
