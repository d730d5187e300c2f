package io.fqtfleet.programs.faults;

import io.fqtfleet.schemas.DeviceKeys;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The fleet of one scenario: devices that report at a steady rate, and some that sleep meanwhile.
 */
final class DeviceLoad implements AutoCloseable {
  /** Devices that go offline before the fault and return after it. */
  static final int SLEEPERS = 3;

  private static final long TICK_MS = 5;
  private static final long LIMIT_S = 60;
  private static final int FLOOD_OPEN_MAX = 16;

  private final List<LoadDevice> devices = new ArrayList<>();
  private final long intervalNanos;
  private final Thread ticking;
  private volatile boolean stopped;
  private volatile boolean flooding;

  /**
   * @param prefix of the ids
   * @param rate reports per second of all devices together
   */
  DeviceLoad(String prefix, int count, double rate, byte[] masterKey, InetSocketAddress broker) {
    for (int n = 0; n < count; n++) {
      String id = "%s-%03d".formatted(prefix, n);
      devices.add(new LoadDevice(id, DeviceKeys.derive(masterKey, id, 1), broker, n));
    }
    intervalNanos = (long) (count * 1e9 / rate);
    ticking = new Thread(this::tick, "fault-load");
    ticking.setDaemon(true);
  }

  /** Returns when all are connected; the sleepers have left again. */
  void start() throws InterruptedException {
    for (LoadDevice device : devices) {
      device.connect();
      // A hundred connects at once would only measure the brokers' accept queue.
      Thread.sleep(TICK_MS);
    }
    if (!await(() -> devices.stream().allMatch(LoadDevice::online), LIMIT_S)) {
      throw new IllegalStateException(
          "not all devices reached the MQTT broker in " + LIMIT_S + " s");
    }
    ticking.start();
  }

  List<LoadDevice> devices() {
    return devices;
  }

  List<LoadDevice> sleepers() {
    return devices.subList(devices.size() - SLEEPERS, devices.size());
  }

  /** The sleepers go offline with nothing open. */
  void sleep() throws InterruptedException {
    sleepers().forEach(LoadDevice::rest);
    await(() -> sleepers().stream().allMatch(LoadDevice::settled), LIMIT_S);
    sleepers().forEach(LoadDevice::disconnect);
  }

  void wake() {
    sleepers().forEach(LoadDevice::connect);
  }

  private static boolean await(BooleanSupplier condition, long limitS) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(TICK_MS);
    }
    return true;
  }

  List<LoadDevice> awake() {
    return devices.subList(0, devices.size() - SLEEPERS);
  }

  /** The first device sends as fast as the broker takes it. */
  void flood(boolean on) {
    flooding = on;
  }

  private void tick() {
    long began = System.nanoTime();
    long[] due = new long[devices.size()];
    for (int n = 0; n < due.length; n++) {
      due[n] = began + intervalNanos * n / due.length;
    }
    try {
      while (!stopped) {
        long now = System.nanoTime();
        for (int n = 0; n < due.length; n++) {
          if (due[n] <= now) {
            devices.get(n).report(1);
            // What was missed is not made up for: the next report holds all counters anyway.
            due[n] = Math.max(due[n] + intervalNanos, now);
          }
        }
        for (int burst = 0; flooding && burst < FLOOD_OPEN_MAX; burst++) {
          devices.get(0).report(FLOOD_OPEN_MAX);
        }
        Thread.sleep(flooding ? 1 : TICK_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** No new reports; true once the broker has acknowledged all. */
  boolean settle() throws InterruptedException {
    stopped = true;
    ticking.join();
    return await(() -> devices.stream().allMatch(LoadDevice::settled), LIMIT_S);
  }

  long sent() {
    return devices.stream().mapToLong(LoadDevice::sent).sum();
  }

  long acked() {
    return devices.stream().mapToLong(device -> device.acked().cardinality()).sum();
  }

  @Override
  public void close() {
    stopped = true;
    devices.forEach(LoadDevice::close);
  }
}
