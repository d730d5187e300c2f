package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The feed on a real socket, with a device that loses frames and reconnects. */
class SensorFeedTest {
  private static final long DEADLINE_MS = 20_000;

  private final AtomicLong clockMs = new AtomicLong();

  private SensorFeed feed() throws IOException {
    return new SensorFeed(
        "d",
        (index, samples) -> {
          samples[0] = (short) index;
          return -1;
        },
        100_000,
        clockMs::get);
  }

  /** Plays the device until it has taken {@code until} windows; spoils a share of the frames. */
  private void play(SensorFeed feed, FakeSensorDevice device, int until, double loss)
      throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), feed.port())) {
      socket.setSoTimeout(5);
      InputStream in = socket.getInputStream();
      byte[] bytes = new byte[4096];
      long start = System.nanoTime();
      Random random = new Random(until);
      boolean spoilt = false;
      while (device.taken().size() < until) {
        assertTrue((System.nanoTime() - start) / 1_000_000 < DEADLINE_MS, "" + feed.statistics());
        clockMs.addAndGet(20);
        byte[] credit = device.credit(clockMs.get());
        if (credit != null) {
          socket.getOutputStream().write(credit);
        }
        int length = read(in, bytes);
        for (int i = 0; i < length; i++) {
          device.push(spoilt && bytes[i] != 0 ? 1 : bytes[i]);
          spoilt = bytes[i] == 0 ? random.nextDouble() < loss : spoilt;
        }
      }
    }
  }

  private static int read(InputStream in, byte[] bytes) throws IOException {
    try {
      return in.read(bytes);
    } catch (SocketTimeoutException e) {
      return 0;
    }
  }

  @Test
  void everyWindowArrivesInOrderThoughFramesAreLostAndTheLineIsCut() throws IOException {
    FakeSensorDevice device = new FakeSensorDevice();
    try (SensorFeed feed = feed()) {
      play(feed, device, 15, 0.3);
      play(feed, device, 30, 0.2);
      assertEquals(IntStream.range(0, 30).boxed().toList(), device.taken().subList(0, 30));
      assertTrue(feed.statistics().resent() > 0);
      assertEquals(0, feed.skipped());
    }
  }

  @Test
  void windowsThatNobodyTakesAreSkippedAndCounted() throws IOException {
    FakeSensorDevice device = new FakeSensorDevice();
    try (SensorFeed feed = feed()) {
      clockMs.set(100_000);
      play(feed, device, 3, 0);
      int first = device.taken().get(0);
      assertTrue(first > 900, "first window taken is " + first);
      assertEquals(first, feed.skipped());
    }
  }

  @Test
  void windowsComeNoFasterThanTheirTime() throws IOException {
    FakeSensorDevice device = new FakeSensorDevice();
    try (SensorFeed feed = feed()) {
      play(feed, device, 10, 0);
      assertTrue(clockMs.get() >= 1000, "10 windows of 100 ms were there after " + clockMs);
    }
  }
}
