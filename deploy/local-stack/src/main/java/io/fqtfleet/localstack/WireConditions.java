package io.fqtfleet.localstack;

import io.fqtfleet.localstack.FaultyProxy.Mode;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** What a {@link FaultyProxy} does to bytes at this moment; shared by its connections. */
final class WireConditions {
  /** How long a rate may be exceeded after a pause, so that small messages are not stretched. */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private Mode mode = Mode.FORWARD;
  private long delayMs;
  private long bytesPerSecond;

  /** When the wire is free again, in each direction. */
  private final long[] freeAtNanos = {System.nanoTime(), System.nanoTime()};

  private long damageEvery;
  private long untilDamage;
  private SplittableRandom random = new SplittableRandom(0);
  private long damaged;
  private long swallowed;

  synchronized void clear() {
    delayMs = 0;
    bytesPerSecond = 0;
    damageEvery = 0;
    notifyAll();
  }

  synchronized void mode(Mode next) {
    mode = next;
    notifyAll();
  }

  synchronized Mode mode() {
    return mode;
  }

  synchronized void delayMs(long ms) {
    delayMs = ms;
  }

  synchronized long delayMs() {
    return delayMs;
  }

  synchronized void bytesPerSecond(long rate) {
    bytesPerSecond = rate;
  }

  synchronized void corrupt(long bytes, long seed) {
    damageEvery = bytes;
    random = new SplittableRandom(seed);
    untilDamage = bytes == 0 ? 0 : gap();
  }

  synchronized long damaged() {
    return damaged;
  }

  synchronized long swallowed() {
    return swallowed;
  }

  synchronized void swallow(int bytes) {
    swallowed += bytes;
  }

  /** Waits while nothing may move. */
  synchronized Mode awaitMovement() throws InterruptedException {
    while (mode == Mode.STALL) {
      wait();
    }
    return mode;
  }

  /** Turns bits over where it is their turn. */
  synchronized void damage(byte[] bytes, int length) {
    if (damageEvery == 0) {
      return;
    }
    int at = 0;
    while (length - at > untilDamage) {
      at += (int) untilDamage;
      bytes[at] ^= (byte) (1 << random.nextInt(8));
      damaged++;
      untilDamage = gap();
    }
    untilDamage -= length - at;
  }

  /** Bytes to the next damage: uniform with the set mean, at least one. */
  private long gap() {
    return 1 + random.nextLong(Math.max(1, 2 * damageEvery - 1));
  }

  /** Nanoseconds to wait before this many bytes may leave. */
  synchronized long reserve(int direction, int bytes) {
    if (bytesPerSecond == 0) {
      return 0;
    }
    long now = System.nanoTime();
    long start = Math.max(freeAtNanos[direction], now - BURST_NANOS);
    freeAtNanos[direction] = start + TimeUnit.SECONDS.toNanos(bytes) / bytesPerSecond;
    return Math.max(0, freeAtNanos[direction] - now);
  }
}
