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
