package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.TestPublisher.Message;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The uplink between a real broker and a real Kafka, also while one of them is gone. */
abstract class GatewayContract extends BrokersFixture {
  private final LoadedDevices load = new LoadedDevices();

  @AfterEach
  void stopPublishing() {
    load.close();
  }

  private List<Future<?>> publish(String prefix, int devices, int reportsEach, long pauseMs) {
    return load.publish(broker.uri(), prefix, devices, reportsEach, pauseMs);
  }

  private long inOrder(String prefix, int devices, int reportsEach) {
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      return tail.assertAllInOrder(prefix, devices, reportsEach);
    }
  }

  /** After a connection has ended: all are there, in order; returns how many came twice. */
  private long duplicatesOf(String prefix, int devices, int reportsEach) {
    if (brokerKeepsOrder()) {
      return inOrder(prefix, devices, reportsEach);
    }
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      return tail.assertAll(prefix, devices, reportsEach);
    }
  }

  /** Waits until nothing is under way and checks that every message is accounted for. */
  private UplinkCounters settled(Gateway gateway) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    var total = gateway.uplinkTotal();
    while (total.inFlight() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(20);
      total = gateway.uplinkTotal();
    }
    assertTrue(total.balanced(), total.toString());
    assertEquals(0, total.inFlight(), total.toString());
    return new UplinkCounters(
        total.received(), total.forwarded(), total.deadLettered(), total.returned());
  }

  /** The four numbers that must agree. */
  private record UplinkCounters(long received, long forwarded, long deadLettered, long returned) {}

  @Test
  void reportsOfManyPublishersReachKafkaOnceAndInOrder() throws Exception {
    Gateway gateway = gateway();
    LoadedDevices.join(publish("calm-", 40, 50, 0));
    assertEquals(0, inOrder("calm-", 40, 50));
    assertEquals(new UplinkCounters(2_000, 2_000, 0, 0), settled(gateway));
  }

  @Test
  void everyPoisonIsKeptWithItsReasonAndTheFlowGoesOn() throws Exception {
    Gateway gateway = gateway();
    String topic = Topics.up("sick", Uplink.REPORT);
    byte[] good = Messages.report("sick", 1);
    byte[] unknownSchema = good.clone();
    unknownSchema[5] ^= 0x33;
    Map<String, Message> poison = new LinkedHashMap<>();
    poison.put("NOT_SINGLE_OBJECT", new Message(topic, "garbage".getBytes(StandardCharsets.UTF_8)));
    poison.put("UNKNOWN_SCHEMA", new Message(topic, unknownSchema));
    poison.put("TRUNCATED", new Message(topic, Arrays.copyOf(good, good.length - 2)));
    poison.put("TRAILING_BYTES", new Message(topic, Arrays.copyOf(good, good.length + 2)));
    poison.put("WRONG_DEVICE", new Message(topic, Messages.report("healthy", 1)));
    poison.put("OVERSIZE", new Message(topic, new byte[20_000]));
    poison.put("BAD_TOPIC", new Message(topic.replace("/report", "/rumour"), good));
    try (TestPublisher publisher = new TestPublisher(broker.uri())) {
      for (Message message : poison.values()) {
        publisher.publish(message);
        publisher.publish(new Message(topic, good));
      }
    }
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.DEAD_LETTERS)) {
      List<ConsumerRecord<String, byte[]>> letters =
          tail.until(all -> all.size() >= poison.size(), "the dead letters");
      assertEquals(poison.size(), letters.size());
      TreeSet<String> reasons = new TreeSet<>();
      for (ConsumerRecord<String, byte[]> letter : letters) {
        String reason = KafkaTail.header(letter, Headers.REASON);
        String code = reason.substring(0, reason.indexOf(':'));
        reasons.add(code);
        assertEquals(poison.get(code).topic(), KafkaTail.header(letter, Headers.MQTT_TOPIC));
        if (!code.equals("OVERSIZE")) {
          assertArrayEquals(poison.get(code).payload(), letter.value(), code);
        }
      }
      assertEquals(new TreeSet<>(poison.keySet()), reasons);
    }
    assertEquals(poison.size() - 1, inOrder("sick", 1, 1), "the good ones between the bad ones");
    assertEquals(
        new UplinkCounters(2L * poison.size(), poison.size(), poison.size(), 0), settled(gateway));
  }

  @Test
  void birthWillAndDeletionOfAStatusReachTheCompactedTopic() throws Exception {
    byte[] status = Messages.status("born", 7);
    String topic = Topics.up("born", Uplink.STATUS);
    try (TestPublisher publisher = new TestPublisher(broker.uri())) {
      // Retained before the gateway's sessions exist: it comes with the first subscription.
      publisher.publish(new Message(topic, status, true));
      Gateway gateway = gateway();
      try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.STATUS)) {
        var first = tail.until(all -> all.size() >= 1, "the retained status").get(0);
        assertEquals("born", first.key());
        assertArrayEquals(status, first.value());
        publisher.publish(new Message(topic, new byte[0], true));
        var second = tail.until(all -> all.size() >= 2, "the deletion").get(1);
        assertEquals("born", second.key());
        assertEquals(null, second.value());
      }
      settled(gateway);
    }
  }

  @Test
  void kafkaStoppedAndStartedUnderLoadLosesNothing() throws Exception {
    Gateway gateway = gateway();
    List<Future<?>> load = publish("outage-", 20, 60, 5);
    Thread.sleep(500);
    kafka.stop();
    Thread.sleep(2_000);
    kafka.start();
    LoadedDevices.join(load);
    duplicatesOf("outage-", 20, 60);
    settled(gateway);
  }

  @Test
  void kafkaAwayForLongerThanTheDeliveryTimeoutLosesNothing() throws Exception {
    Gateway gateway = gateway(config(Duration.ofSeconds(2)));
    List<Future<?>> load = publish("long-", 20, 60, 5);
    Thread.sleep(500);
    kafka.stop();
    Thread.sleep(5_000);
    assertFalse(gateway.notReady().isEmpty(), "not ready while Kafka is away");
    kafka.start();
    LoadedDevices.join(load);
    duplicatesOf("long-", 20, 60);
    UplinkCounters counted = settled(gateway);
    assertTrue(counted.returned() > 0, counted.toString());
  }

  @Test
  void theBrokerRestartedUnderLoadLosesNothing() throws Exception {
    Gateway gateway = gateway();
    List<Future<?>> load = publish("restart-", 20, 60, 5);
    Thread.sleep(500);
    broker.stop();
    Thread.sleep(1_000);
    broker.start();
    LoadedDevices.join(load);
    duplicatesOf("restart-", 20, 60);
    settled(gateway);
  }

  @Test
  void aGatewayClosedAndStartedAgainUnderLoadLosesNothing() throws Exception {
    Gateway first = gateway();
    List<Future<?>> load = publish("again-", 20, 60, 5);
    Thread.sleep(500);
    first.close();
    assertTrue(first.uplinkTotal().balanced());
    Thread.sleep(500);
    Gateway second = gateway();
    LoadedDevices.join(load);
    duplicatesOf("again-", 20, 60);
    settled(second);
  }

  @Test
  void aSecondGatewaySharesTheSessionsAndTakesAllOverWhenTheFirstCloses() throws Exception {
    Gateway first = gateway();
    assertEquals(List.of(0, 1, 2, 3), first.ownedSessions());
    List<Future<?>> load = publish("two-", 20, 100, 5);
    Gateway second = gateway();
    awaitOwned(first, 2);
    awaitOwned(second, 2);
    Thread.sleep(300);
    first.close();
    awaitOwned(second, SESSIONS);
    LoadedDevices.join(load);
    duplicatesOf("two-", 20, 100);
    assertTrue(first.uplinkTotal().balanced());
    settled(second);
  }

  private static void awaitOwned(Gateway gateway, int count) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (gateway.ownedSessions().size() != count) {
      assertTrue(
          System.nanoTime() < deadline,
          () -> "owned: " + gateway.ownedSessions() + ", expected " + count);
      Thread.sleep(20);
    }
  }
}
