package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.TestPublisher.Message;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.Test;

/** Budgets from Kafka to a device that may not be there yet. */
class DownlinkIT extends BrokersFixture {
  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }

  private void write(boolean commit, String device, byte[]... values) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "streams");
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (byte[] value : values) {
        producer.send(new ProducerRecord<>(Topics.BUDGETS, device, value));
      }
      if (commit) {
        producer.commitTransaction();
      } else {
        producer.flush();
        producer.abortTransaction();
      }
    }
  }

  private static long version(String device, MqttMessage message) throws WireException {
    byte[] key = DeviceKeys.derive(HexFormat.of().parseHex(MASTER_KEY), device, 1);
    byte[] body = BudgetSignature.verify(Topics.budget(device), message.getPayload(), key).body();
    return Messages.BUDGETS.decode(body).getVersion();
  }

  private void awaitPublished(Gateway gateway, long count) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (gateway.downlinkTotal().published() < count) {
      assertTrue(System.nanoTime() < deadline, () -> gateway.downlinkTotal().toString());
      Thread.sleep(20);
    }
  }

  @Test
  void theLastBudgetWaitsRetainedAndSignedForADeviceThatComesLater() throws Exception {
    Gateway gateway = gateway();
    write(false, "late", Messages.budget("late", 99));
    write(true, "late", Messages.budget("late", 1), Messages.budget("late", 2));
    awaitPublished(gateway, 2);
    try (TestDevice device = new TestDevice(broker.uri(), "late", Topics.budget("late"))) {
      MqttMessage first = device.next();
      assertTrue(first.isRetained());
      assertEquals(2, version("late", first));
      byte[] forOther = DeviceKeys.derive(HexFormat.of().parseHex(MASTER_KEY), "other", 1);
      assertThrows(
          WireException.class,
          () -> BudgetSignature.verify(Topics.budget("late"), first.getPayload(), forOther));

      write(true, "late", Messages.budget("late", 3));
      assertEquals(3, version("late", device.next()));
      write(true, "late", (byte[]) null);
      assertEquals(0, device.next().getPayload().length);
    }
    try (TestDevice after = new TestDevice(broker.uri(), "after", Topics.budget("late"))) {
      assertNull(after.messages.poll(500, TimeUnit.MILLISECONDS));
    }
  }

  private void retire(String device) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", kafka.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      DeviceRegistration retired =
          DeviceRegistration.newBuilder().setState(RegistryState.RETIRED).build();
      byte[] value = WireCodec.of(DeviceRegistration.class).encode(retired);
      producer.send(new ProducerRecord<>(Topics.DEVICES, device, value)).get();
      // As streams does.
      ProducerRecord<String, byte[]> deleted = new ProducerRecord<>(Topics.BUDGETS, device, null);
      deleted.headers().add(Headers.RETIRED, new byte[] {'1'});
      producer.send(deleted).get();
    }
  }

  @Test
  void ofARetiredDeviceNothingStaysRetainedAndNothingIsSignedAnyMore() throws Exception {
    Gateway gateway = gateway();
    String status = Topics.up("gone", Uplink.STATUS);
    try (TestPublisher device = new TestPublisher(broker.uri());
        KafkaTail statuses = new KafkaTail(kafka.bootstrapServers(), Topics.STATUS)) {
      device.publish(
          new Message(status, Messages.status("gone", Messages.BUDGETS.fingerprint()), true));
      write(true, "gone", Messages.budget("gone", 1));
      awaitPublished(gateway, 1);
      retire("gone");
      var told = statuses.until(all -> all.size() >= 2, "the deleted status");
      assertNull(told.get(1).value(), "it is deleted from Kafka's table too");
    }
    for (String topic : List.of(status, Topics.budget("gone"))) {
      try (TestDevice after = new TestDevice(broker.uri(), "after", topic)) {
        assertNull(after.messages.poll(500, TimeUnit.MILLISECONDS), topic);
      }
    }
    gateway.close();
    // It reads the registry before it publishes anything.
    gateway();
    write(true, "gone", Messages.budget("gone", 2));
    try (KafkaTail letters = new KafkaTail(kafka.bootstrapServers(), Topics.DEAD_LETTERS)) {
      String reason =
          KafkaTail.header(
              letters.until(all -> all.size() >= 1, "the dead letter").get(0), Headers.REASON);
      assertTrue(reason.startsWith("NO_KEY: no key for device gone"), reason);
    }
  }

  @Test
  void aBudgetWrittenWhileTheBrokerIsAwayArrivesAfterwardsAndNoneIsRepeatedAfterARestart()
      throws Exception {
    Gateway first = gateway();
    broker.stop();
    write(true, "patient", Messages.budget("patient", 1), Messages.budget("patient", 2));
    Thread.sleep(500);
    broker.start();
    awaitPublished(first, 2);
    // Commits are made at the next poll.
    Thread.sleep(500);
    first.close();
    Gateway second = gateway();
    write(true, "patient", Messages.budget("patient", 3));
    awaitPublished(second, 1);
    Thread.sleep(300);
    assertEquals(1, second.downlinkTotal().published(), "versions 1 and 2 were committed");
  }

  @Test
  void aBudgetThatTheDeviceCannotReadIsADeadLetterAndTheNextGoesThrough() throws Exception {
    Gateway gateway = gateway();
    try (TestPublisher device = new TestPublisher(broker.uri())) {
      String status = Topics.up("old", Uplink.STATUS);
      device.publish(new Message(status, Messages.status("old", 12345), true));
      try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.STATUS)) {
        tail.until(all -> all.size() >= 1, "the status");
      }
      // The table of statuses is read by another thread.
      Thread.sleep(1_000);
      byte[] unreadable = Messages.budget("old", 1);
      write(true, "old", unreadable, new byte[] {9, 9});
      write(true, "young", Messages.budget("young", 1));
      try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.DEAD_LETTERS)) {
        var letters = tail.until(all -> all.size() >= 2, "the dead letters");
        assertArrayEquals(unreadable, letters.get(0).value());
        assertEquals("old", letters.get(0).key());
        String reason = KafkaTail.header(letters.get(0), Headers.REASON);
        assertTrue(reason.startsWith("UNKNOWN_SCHEMA: device old reads"), reason);
        assertEquals(Topics.BUDGETS, KafkaTail.header(letters.get(0), Headers.SOURCE_TOPIC));
        String second = KafkaTail.header(letters.get(1), Headers.REASON);
        assertTrue(second.startsWith("NOT_SINGLE_OBJECT"), second);
      }
      awaitPublished(gateway, 1);
      assertEquals(1, gateway.downlinkTotal().published());
    }
  }
}
