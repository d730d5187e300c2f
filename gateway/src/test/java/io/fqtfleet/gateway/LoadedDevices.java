package io.fqtfleet.gateway;

import io.fqtfleet.gateway.TestPublisher.Message;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Publishers that share devices; each device's reports 1..n keep their order. */
final class LoadedDevices implements AutoCloseable {
  private static final int PUBLISHERS = 4;

  private final ExecutorService publishing = Executors.newCachedThreadPool();

  /** Starts publishing; {@code pauseMs} lies between two messages of a publisher. */
  List<Future<?>> publish(String uri, String prefix, int devices, int reportsEach, long pauseMs) {
    List<Future<?>> running = new ArrayList<>();
    for (int p = 0; p < PUBLISHERS; p++) {
      List<Message> mine = new ArrayList<>();
      for (int sequence = 1; sequence <= reportsEach; sequence++) {
        for (int d = p; d < devices; d += PUBLISHERS) {
          String device = prefix + d;
          mine.add(
              new Message(Topics.up(device, Uplink.REPORT), Messages.report(device, sequence)));
        }
      }
      running.add(
          publishing.submit(
              () -> {
                try (TestPublisher publisher = new TestPublisher(uri)) {
                  publisher.publish(mine, pauseMs);
                }
                return null;
              }));
    }
    return running;
  }

  /** Publishers that go on until they are stopped. */
  final class Endless {
    private final List<Future<?>> running = new ArrayList<>();
    private int furthest;
    private int last = Integer.MAX_VALUE;

    /** Ends all after the same report; returns the number of reports of each device. */
    int stop() throws Exception {
      synchronized (this) {
        last = furthest;
      }
      join(running);
      return furthest;
    }

    private synchronized boolean begins(int sequence) {
      if (sequence > last) {
        return false;
      }
      furthest = Math.max(furthest, sequence);
      return true;
    }

    private void publish(String uri, List<String> devices, long pauseMs) throws Exception {
      try (TestPublisher publisher = new TestPublisher(uri)) {
        for (int sequence = 1; begins(sequence); sequence++) {
          for (String device : devices) {
            publisher.publish(
                new Message(Topics.up(device, Uplink.REPORT), Messages.report(device, sequence)));
            Thread.sleep(pauseMs);
          }
        }
      }
    }
  }

  Endless endless(String uri, String prefix, int devices, long pauseMs) {
    Endless load = new Endless();
    for (int p = 0; p < PUBLISHERS; p++) {
      List<String> mine = new ArrayList<>();
      for (int d = p; d < devices; d += PUBLISHERS) {
        mine.add(prefix + d);
      }
      load.running.add(
          publishing.submit(
              () -> {
                load.publish(uri, mine, pauseMs);
                return null;
              }));
    }
    return load;
  }

  static void join(List<Future<?>> running) throws Exception {
    for (Future<?> future : running) {
      future.get();
    }
  }

  @Override
  public void close() {
    publishing.shutdownNow();
  }
}
