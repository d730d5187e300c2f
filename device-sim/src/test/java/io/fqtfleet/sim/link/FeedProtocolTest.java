package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Windows reach the device in order, each once, over a line that loses and damages frames. */
class FeedProtocolTest {
  private static final int WINDOWS = 60;

  /** One run on a virtual clock; each byte stream is spoilt with the given chance per frame. */
  private static final class Line {
    final FeedProtocol host = new FeedProtocol();
    final FakeSensorDevice device = new FakeSensorDevice();
    private final Cobs.Decoder fromDevice = new Cobs.Decoder(FeedProtocol.CREDIT_BYTES);
    private final Random random;
    private final double loss;
    private long nowMs;
    private int offered;

    Line(long seed, double loss) {
      this.random = new Random(seed);
      this.loss = loss;
    }

    void run(int windows, long untilMs) {
      while (nowMs < untilMs && device.taken().size() < windows) {
        step(windows);
      }
    }

    void step(int windows) {
      nowMs += 10;
      while (offered < windows && host.hasPlace()) {
        short[] samples = new short[512];
        samples[0] = (short) offered++;
        host.offer(samples, (byte) -1);
      }
      for (byte[] frame : host.take(nowMs)) {
        for (byte b : spoilt(frame)) {
          device.push(b);
        }
      }
      byte[] credit = device.credit(nowMs);
      if (credit != null) {
        for (byte b : spoilt(credit)) {
          byte[] frame = fromDevice.push(b);
          if (frame != null) {
            host.onFrame(frame, nowMs);
          }
        }
      }
    }

    private byte[] spoilt(byte[] frame) {
      if (random.nextDouble() >= loss) {
        return frame;
      }
      byte[] spoilt = frame.clone();
      spoilt[random.nextInt(frame.length)] ^= (byte) (1 + random.nextInt(255));
      return random.nextBoolean() ? spoilt : new byte[0];
    }
  }

  @Test
  void aCleanLineCarriesEachFrameOnce() {
    Line line = new Line(1, 0);
    line.run(WINDOWS, 10_000);
    line.step(WINDOWS);
    assertEquals(IntStream.range(0, WINDOWS).boxed().toList(), line.device.taken());
    SensorFeed.Statistics statistics = line.host.statistics();
    assertEquals(WINDOWS, statistics.frames());
    assertEquals(0, statistics.resent());
    assertEquals(WINDOWS, statistics.confirmed());
    assertEquals(0, statistics.kept());
  }

  @Test
  void aBadLineCarriesAllInOrderAndOnce() {
    for (int seed = 0; seed < 200; seed++) {
      Line line = new Line(seed, 0.2);
      line.run(WINDOWS, 300_000);
      assertEquals(
          IntStream.range(0, WINDOWS).boxed().toList(), line.device.taken(), "seed " + seed);
      SensorFeed.Statistics s = line.host.statistics();
      assertEquals(s.offered(), s.confirmed() + s.kept(), "seed " + seed);
      assertEquals(0, s.restarts(), "seed " + seed);
      assertTrue(s.resent() > 0 || s.frames() == WINDOWS, "seed " + seed);
    }
  }

  @Test
  void theSequenceWrapsAfter65536() {
    Line line = new Line(3, 0.1);
    line.device.startAt(65_530);
    line.run(WINDOWS, 300_000);
    assertEquals(IntStream.range(0, WINDOWS).boxed().toList(), line.device.taken());
  }

  @Test
  void aRestartedDeviceGoesOnWithTheOldestWindowKept() {
    Line line = new Line(5, 0);
    line.run(20, 10_000);
    line.step(20);
    line.device.restart();
    line.run(WINDOWS, 60_000);
    assertEquals(IntStream.range(0, WINDOWS).boxed().toList(), line.device.taken());
    assertEquals(1, line.host.statistics().restarts());
  }

  @Test
  void nothingIsSentWithoutCredit() {
    FeedProtocol host = new FeedProtocol();
    host.offer(new short[512], (byte) 0);
    assertEquals(0, host.take(0).size());
    host.onFrame(new byte[] {2, 0, 0, 4, 0, 0}, 0);
    assertEquals(1, host.statistics().damaged());
    assertEquals(0, host.take(0).size());
  }

  @Test
  void noMoreThanTheBoundIsKept() {
    FeedProtocol host = new FeedProtocol();
    while (host.hasPlace()) {
      host.offer(new short[512], (byte) 0);
    }
    assertEquals(FeedProtocol.KEPT_MAX, host.statistics().kept());
    assertThrows(IllegalStateException.class, () -> host.offer(new short[512], (byte) 0));
  }
}
