package io.fqtfleet.sim.fleet;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fixed number of threads that turn devices; each device belongs to one of them. */
final class Workers {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
  private static final long PAUSE_MS = 10;
  private static final long JOIN_MS = 10_000;

  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  Workers(List<FleetDevice> devices, int count, LongSupplier clockMs) {
    for (int w = 0; w < count; w++) {
      List<FleetDevice> own = new ArrayList<>();
      for (int i = w; i < devices.size(); i += count) {
        own.add(devices.get(i));
      }
      Thread thread = new Thread(() -> run(own, clockMs), "devices-" + w);
      thread.setDaemon(true);
      threads.add(thread);
    }
  }

  void start() {
    threads.forEach(Thread::start);
  }

  private void run(List<FleetDevice> own, LongSupplier clockMs) {
    try {
      while (!stopped) {
        boolean any = false;
        for (FleetDevice device : own) {
          any |= !stopped && device.turn(clockMs.getAsLong());
        }
        if (!any && !pause()) {
          return;
        }
      }
    } catch (RuntimeException e) {
      LOG.error("devices of {} stand still", Thread.currentThread().getName(), e);
      throw e;
    }
  }

  /** Waits a little; false if the thread is to end. */
  static boolean pause() {
    try {
      Thread.sleep(PAUSE_MS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Returns once no thread turns a device any more. May be called again. */
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(JOIN_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " does not end");
      }
    }
  }
}
