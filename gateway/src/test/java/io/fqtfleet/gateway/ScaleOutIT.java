package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One to four gateways and back to one, under load. */
class ScaleOutIT extends BrokersFixture {
  private static final int GATEWAYS = 4;
  private static final int ALL = 8;
  private static final int DEVICES = 40;
  private static final int REPORTS = 250;

  private final LoadedDevices load = new LoadedDevices();

  @Override
  MqttBroker broker(Path directory) {
    return MosquittoBroker.available()
        ? new MosquittoBroker(directory)
        : new LocalMqttBroker(directory);
  }

  @AfterEach
  void stopPublishing() {
    load.close();
  }

  private GatewayConfig eightSessions() {
    GatewayConfig c = config(Duration.ofSeconds(30));
    return new GatewayConfig(
        c.mqtt(),
        c.kafka(),
        new GatewayConfig.Uplink(ALL, 64, null, null, Duration.ofSeconds(3)),
        null,
        c.keys(),
        c.ops());
  }

  /** Waits until all sessions are served, evenly; returns the milliseconds it took. */
  private static long awaitEven(Collection<Gateway> gateways) throws InterruptedException {
    long began = System.nanoTime();
    while (!even(gateways)) {
      assertTrue(
          System.nanoTime() - began < Duration.ofSeconds(60).toNanos(),
          () -> "owned: " + gateways.stream().map(Gateway::ownedSessions).toList());
      Thread.sleep(10);
    }
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }

  private static boolean even(Collection<Gateway> gateways) {
    List<Integer> owned = new ArrayList<>();
    int least = ALL / gateways.size();
    int most = (ALL + gateways.size() - 1) / gateways.size();
    for (Gateway gateway : gateways) {
      List<Integer> own = gateway.ownedSessions();
      if (own.size() < least || own.size() > most || !gateway.notReady().isEmpty()) {
        return false;
      }
      owned.addAll(own);
    }
    return owned.stream().distinct().count() == ALL && owned.size() == ALL;
  }

  @Test
  void sessionsSpreadOverOneToFourGatewaysAndBack() throws Exception {
    Deque<Gateway> running = new ArrayDeque<>();
    running.add(gateway(eightSessions()));
    assertEquals(ALL, running.peek().ownedSessions().size());
    List<Future<?>> sending = load.publish(broker.uri(), "scale-", DEVICES, REPORTS, 5);
    while (running.size() < GATEWAYS) {
      running.add(gateway(eightSessions()));
      long even = awaitEven(running);
      System.out.printf("%d gateways: even %d ms after the last was ready%n", running.size(), even);
    }
    while (running.size() > 1) {
      long began = System.nanoTime();
      running.poll().close();
      awaitEven(running);
      long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      System.out.printf("%d gateways: all served %d ms after a close began%n", running.size(), ms);
    }
    LoadedDevices.join(sending);
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      long twice = tail.assertAllInOrder("scale-", DEVICES, REPORTS);
      System.out.printf("1 -> 4 -> 1 gateways: %d of %d came twice%n", twice, DEVICES * REPORTS);
    }
  }
}
