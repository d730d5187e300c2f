package io.fqtfleet.sim.link;

import io.fqtfleet.sim.signal.SampleSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sensor of one QEMU device: a TCP server on loopback that the device's second UART connects
 * to. One thread; windows go out at their time, within the device's credits.
 */
public final class SensorFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SensorFeed.class);

  /** How long a read waits, and so the coarseness of the sending times. */
  private static final int TURN_MS = 10;

  private static final int JOIN_MS = 2_000;

  /** Windows by which a slow device may fall behind; older ones are skipped and counted. */
  private static final int BEHIND_MAX = 64;

  /** Where the windows come from. */
  public interface Sensor {
    /** Writes window {@code index} and returns its label, or -1. */
    byte window(long index, short[] samples);
  }

  /**
   * What became of the windows: offered = confirmed + kept.
   *
   * @param frames sent in all
   * @param resent of them, sent again
   * @param restarts of the device, seen by its numbering
   * @param damaged frames from the device that were none
   */
  public record Statistics(
      long offered,
      long confirmed,
      int kept,
      long frames,
      long resent,
      long restarts,
      long damaged) {}

  private final String device;
  private final Sensor sensor;
  private final long periodUs;
  private final LongSupplier clockMs;
  private final ServerSocket server;
  private final Thread thread;
  private final FeedProtocol protocol = new FeedProtocol();
  private final short[] samples = new short[SampleSource.WINDOW];
  private long nextWindow;
  private volatile long skipped;
  private volatile boolean closed;
  private volatile Statistics statistics = protocol.statistics();

  /**
   * Listens at once.
   *
   * @param periodUs between two windows
   * @param clockMs milliseconds since the sensor's start; window i is due at i periods
   */
  public SensorFeed(String device, Sensor sensor, long periodUs, LongSupplier clockMs)
      throws IOException {
    this.device = device;
    this.sensor = sensor;
    this.periodUs = periodUs;
    this.clockMs = clockMs;
    this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    this.thread = new Thread(this::serve, "sensor-" + device);
    thread.setDaemon(true);
    thread.start();
  }

  public int port() {
    return server.getLocalPort();
  }

  public Statistics statistics() {
    return statistics;
  }

  /** Windows that no device was there to take in time. */
  public long skipped() {
    return skipped;
  }

  private void serve() {
    while (!closed) {
      try (Socket socket = server.accept()) {
        LOG.debug("device={} sensor line connected", device);
        protocol.onReconnect();
        converse(socket);
      } catch (IOException e) {
        if (!closed) {
          LOG.debug("device={} sensor line lost: {}", device, e.toString());
        }
      }
    }
  }

  private void converse(Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TURN_MS);
    Cobs.Decoder decoder = new Cobs.Decoder(FeedProtocol.CREDIT_BYTES);
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    byte[] bytes = new byte[256];
    while (!closed) {
      int length = read(in, bytes);
      if (length < 0) {
        return;
      }
      for (int i = 0; i < length; i++) {
        byte[] frame = decoder.push(bytes[i]);
        if (frame != null) {
          protocol.onFrame(frame, clockMs.getAsLong());
        }
      }
      offerDue();
      for (byte[] frame : protocol.take(clockMs.getAsLong())) {
        out.write(frame);
      }
      statistics = protocol.statistics();
    }
  }

  private static int read(InputStream in, byte[] bytes) throws IOException {
    try {
      return in.read(bytes);
    } catch (SocketTimeoutException e) {
      return 0;
    }
  }

  private void offerDue() {
    long due = clockMs.getAsLong() * 1000 / periodUs;
    if (due - nextWindow > BEHIND_MAX) {
      skipped += due - nextWindow - BEHIND_MAX;
      nextWindow = due - BEHIND_MAX;
    }
    while (nextWindow < due && protocol.hasPlace()) {
      byte label = sensor.window(nextWindow, samples);
      protocol.offer(samples, label);
      nextWindow++;
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    server.close();
    try {
      thread.join(JOIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
