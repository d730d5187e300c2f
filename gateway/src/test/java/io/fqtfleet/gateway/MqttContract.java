package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What the README's section "The MQTT 5 contract" promises, at a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MqttContract {
  private static final String MASTER_KEY = "42".repeat(32);
  private static final byte[] NO_PROPERTIES = {};
  private static final int WINDOW = 8;

  private LocalKafka kafka;
  private MqttBroker broker;
  private Gateway gateway;

  abstract MqttBroker broker(Path directory);

  @BeforeAll
  void start(@TempDir Path directory) throws InterruptedException {
    kafka = new LocalKafka(directory.resolve("kafka"));
    broker = broker(directory.resolve("mqtt"));
    kafka.start();
    broker.start();
    gateway = gateway();
  }

  @AfterAll
  void stop() {
    gateway.close();
    broker.close();
    kafka.close();
  }

  /** Two sessions with a small window. */
  private Gateway gateway() throws InterruptedException {
    GatewayConfig defaults = GatewayConfig.of(broker.uri(), kafka.bootstrapServers(), MASTER_KEY);
    Gateway starting =
        new Gateway(
            new GatewayConfig(
                defaults.mqtt(),
                new GatewayConfig.Kafka(kafka.bootstrapServers(), 2, null, null, null),
                new GatewayConfig.Uplink(2, WINDOW, null, null, Duration.ofSeconds(3)),
                null,
                defaults.keys(),
                defaults.ops()));
    starting.start();
    assertTrue(starting.awaitReady(Duration.ofSeconds(60)), () -> starting.notReady().toString());
    return starting;
  }

  private ConsumerRecord<String, byte[]> report(String device) {
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      return tail.until(all -> of(all, device) != null, "the report of " + device).stream()
          .filter(record -> record.key().equals(device))
          .findFirst()
          .orElseThrow();
    }
  }

  private static ConsumerRecord<String, byte[]> of(
      List<ConsumerRecord<String, byte[]>> all, String device) {
    return all.stream().filter(record -> record.key().equals(device)).findFirst().orElse(null);
  }

  private void budget(String device, Map<String, byte[]> headers) {
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(Topics.BUDGETS, device, Messages.budget(device, 1));
    headers.forEach(record.headers()::add);
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", kafka.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.send(record);
    }
  }

  private WireClient client(String id, int version) throws IOException {
    return new WireClient(broker.port(), id, version);
  }

  @Test
  void propertiesOfAReportBecomeHeaders() throws Exception {
    String topic = Topics.up("props", Uplink.REPORT);
    byte[] properties =
        new WireClient.Properties()
            .contentType("avro/binary")
            .expirySeconds(600)
            .user("line", "7")
            .user("line", "8")
            .user(Headers.REASON, "forged")
            .bytes();
    long before = System.currentTimeMillis();
    try (WireClient device = client("props", WireClient.V5)) {
      assertEquals(0, device.publish(topic, Messages.report("props", 1), properties));
    }
    ConsumerRecord<String, byte[]> record = report("props");
    assertEquals("avro/binary", KafkaTail.header(record, Headers.CONTENT_TYPE));
    assertEquals("8", KafkaTail.header(record, "mqtt-user-line"));
    assertEquals("forged", KafkaTail.header(record, "mqtt-user-" + Headers.REASON));
    assertNull(KafkaTail.header(record, Headers.REASON));
    long end = Long.parseLong(KafkaTail.header(record, Headers.EXPIRES_AT));
    assertTrue(end >= before + 590_000 && end <= System.currentTimeMillis() + 600_000, "" + end);
  }

  @Test
  void headersOfABudgetBecomeProperties() throws Exception {
    try (TestDevice device = new TestDevice(broker.uri(), "orders", Topics.budget("orders"))) {
      budget(
          "orders",
          Map.of(
              "mqtt-user-shift", "night".getBytes(StandardCharsets.UTF_8),
              "trace", "not ours".getBytes(StandardCharsets.UTF_8)));
      MqttMessage message = device.next();
      assertEquals("application/vnd.fqt.signed-budget", message.getProperties().getContentType());
      assertNull(message.getProperties().getMessageExpiryInterval(), "a budget has no end");
      var user = message.getProperties().getUserProperties();
      assertEquals(1, user.size(), user.toString());
      assertEquals("shift", user.get(0).getKey());
      assertEquals("night", user.get(0).getValue());
    }
  }

  @Test
  void theBrokerResolvesTopicAliases() throws Exception {
    String topic = Topics.up("alias", Uplink.REPORT);
    byte[] alias = new WireClient.Properties().topicAlias(3).bytes();
    try (WireClient device = client("alias", WireClient.V5)) {
      assertEquals(0, device.publish(topic, Messages.report("alias", 1), alias));
      for (int sequence = 2; sequence <= 5; sequence++) {
        assertEquals(0, device.publish("", Messages.report("alias", sequence), alias));
      }
    }
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      assertEquals(0, tail.assertAllInOrder("alias", 1, 5));
    }
  }

  @Test
  void aDeviceOfMqtt311IsServedInBothDirections() throws Exception {
    try (WireClient device = client("veteran", WireClient.V3_1_1)) {
      device.subscribe(Topics.budget("veteran"));
      String topic = Topics.up("veteran", Uplink.REPORT);
      device.publish(topic, Messages.report("veteran", 1), NO_PROPERTIES);
      ConsumerRecord<String, byte[]> record = report("veteran");
      assertArrayEquals(Messages.report("veteran", 1), record.value());
      assertEquals(topic, KafkaTail.header(record, Headers.MQTT_TOPIC));
      assertNull(KafkaTail.header(record, Headers.CONTENT_TYPE));
      budget("veteran", Map.of("mqtt-user-shift", "night".getBytes(StandardCharsets.UTF_8)));
      assertSigned("veteran", device.next(), false);
    }
    try (WireClient again = client("veteran", WireClient.V3_1_1)) {
      again.subscribe(Topics.budget("veteran"));
      assertSigned("veteran", again.next(), true);
    }
  }

  private static void assertSigned(String device, WireClient.Heard heard, boolean retained)
      throws Exception {
    assertEquals(Topics.budget(device), heard.topic());
    assertEquals(retained, heard.retained());
    byte[] key = DeviceKeys.derive(HexFormat.of().parseHex(MASTER_KEY), device, 1);
    byte[] body = BudgetSignature.verify(heard.topic(), heard.payload(), key).body();
    assertEquals(1, Messages.BUDGETS.decode(body).getVersion());
  }

  /** Text of MQTT is UTF-8 without U+0000; brokers differ in how strictly they look. */
  @Test
  void textThatIsNoneStopsNobody() throws Exception {
    byte[] report = Messages.report("quiet", 1);
    byte[] prefix = Topics.up("quiet", Uplink.REPORT).getBytes(StandardCharsets.UTF_8);
    List<byte[]> ends =
        List.of(
            new byte[] {'/', (byte) 0xC3, 0x28},
            new byte[] {'/', 0},
            new byte[] {'/', 1},
            new byte[] {'/', (byte) 0xED, (byte) 0xA0, (byte) 0x80},
            new byte[] {'/', (byte) 0xEF, (byte) 0xBF, (byte) 0xBF});
    for (byte[] end : ends) {
      byte[] topic = Arrays.copyOf(prefix, prefix.length + end.length);
      System.arraycopy(end, 0, topic, prefix.length, end.length);
      hostile(topic, NO_PROPERTIES, report);
    }
    hostile(prefix, new byte[] {0x26, 0, 1, 'n', 0, 2, (byte) 0xC3, 0x28}, report);
    hostile(prefix, new byte[] {0x26, 0, 1, 0, 0, 1, 'v'}, report);
    hostile(prefix, new byte[] {0x03, 0, 1, (byte) 0xFF}, report);
    try (WireClient device = client("quiet", WireClient.V5)) {
      device.publish(Topics.up("quiet", Uplink.REPORT), Messages.report("quiet", 2), NO_PROPERTIES);
    }
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      tail.until(
          all -> all.stream().anyMatch(r -> r.key().equals("quiet") && sequence(r) == 2),
          "the report after all that");
    }
  }

  private void hostile(byte[] topic, byte[] properties, byte[] payload) {
    try (WireClient device = client("hostile", WireClient.V5)) {
      device.publish(topic, payload, properties, false);
    } catch (IOException e) {
      // The broker has ended the connection: right as well.
    }
  }

  private static long sequence(ConsumerRecord<String, byte[]> record) {
    try {
      return Messages.REPORTS.decode(record.value()).getSequence();
    } catch (io.fqtfleet.schemas.WireException e) {
      throw new AssertionError("an unreadable report reached Kafka", e);
    }
  }

  @Test
  void noMoreThanTheWindowIsUnacknowledgedWhileKafkaIsAway() throws Exception {
    int reports = 5 * WINDOW;
    kafka.stop();
    long most = 0;
    try (WireClient device = client("eager", WireClient.V5)) {
      String topic = Topics.up("eager", Uplink.REPORT);
      for (int sequence = 1; sequence <= reports; sequence++) {
        device.publish(topic, Messages.report("eager", sequence), NO_PROPERTIES);
        most = Math.max(most, gateway.uplinkTotal().inFlight());
      }
    }
    for (int i = 0; i < 20; i++) {
      most = Math.max(most, gateway.uplinkTotal().inFlight());
      Thread.sleep(20);
    }
    kafka.start();
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      tail.assertAllInOrder("eager", 1, reports);
    }
    assertTrue(most > 0 && most <= WINDOW, "most unacknowledged at once: " + most);
  }

  @Test
  void whatExpiresAtTheBrokerNeverComesAndTheRestOfALifeIsStated() throws Exception {
    gateway.close();
    long sentAt = System.currentTimeMillis();
    try (WireClient device = client("mortal", WireClient.V5)) {
      for (String id : List.of("mortal-1", "mortal-2")) {
        int life = id.equals("mortal-1") ? 1 : 60;
        byte[] expiry = new WireClient.Properties().expirySeconds(life).bytes();
        device.publish(Topics.up(id, Uplink.REPORT), Messages.report(id, 1), expiry);
      }
    }
    Thread.sleep(3_000);
    gateway = gateway();
    ConsumerRecord<String, byte[]> second = report("mortal-2");
    long end = Long.parseLong(KafkaTail.header(second, Headers.EXPIRES_AT));
    // Brokers count in whole seconds.
    assertTrue(Math.abs(end - sentAt - 60_000) <= 2_500, end + " of a message sent at " + sentAt);
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      tail.until(all -> of(all, "mortal-2") != null, "the second");
      assertNull(of(tail.rest(), "mortal-1"), "the broker had to drop it");
    }
    assertFalse(metrics().contains("fqt_gateway_expiring_total 0.0"), "it is counted");
  }

  @Test
  void retainedGarbageIsReadOnce() throws Exception {
    byte[] topic = Topics.up("garbage", Uplink.REPORT).getBytes(StandardCharsets.UTF_8);
    try (WireClient neighbour = client("neighbour", WireClient.V5)) {
      neighbour.publish(topic, new byte[] {'h', 'i'}, NO_PROPERTIES, true);
    }
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.DEAD_LETTERS)) {
      tail.until(all -> ofKey(all, "garbage") == 1, "the dead letter");
      gateway.close();
      gateway = gateway();
      assertEquals(1, ofKey(tail.rest(), "garbage"), "the session knows it");
    }
  }

  private static long ofKey(List<ConsumerRecord<String, byte[]>> all, String key) {
    return all.stream().filter(record -> key.equals(record.key())).count();
  }

  private String metrics() throws IOException {
    var url = java.net.URI.create("http://127.0.0.1:" + gateway.opsPort() + "/metrics").toURL();
    try (var in = url.openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
