package io.fqtfleet.gateway.uplink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.Messages;
import io.fqtfleet.gateway.contract.DeadLetter;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MessageProperties.User;
import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.gateway.uplink.UplinkRouter.Routed;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.WireCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;

class UplinkRouterTest {
  private static final int MAX_BYTES = 1_000;
  private static final String REPORT_TOPIC = Topics.up("press-1", Uplink.REPORT);
  private final UplinkRouter router = new UplinkRouter(MAX_BYTES, null);

  private Routed route(String topic, byte[] payload) {
    return router.route(new Inbound(1, 1, topic, payload, MessageProperties.NONE), 1234);
  }

  @Test
  void eachKindGoesToItsTopicAsItCame() {
    assertForwarded(Uplink.REPORT, Topics.REPORTS, Messages.report("press-1", 7));
    assertForwarded(Uplink.STATUS, Topics.STATUS, Messages.status("press-1", 9));
    assertForwarded(Uplink.ACK, Topics.ACKS, Messages.ack("press-1"));
  }

  private void assertForwarded(Uplink kind, String topic, byte[] payload) {
    Routed routed = route(Topics.up("press-1", kind), payload);
    assertEquals(kind, routed.kind());
    assertNull(routed.reason());
    assertEquals(topic, routed.record().topic());
    assertEquals("press-1", routed.record().key());
    assertArrayEquals(payload, routed.record().value());
    assertEquals(Topics.up("press-1", kind), header(routed, Headers.MQTT_TOPIC));
    assertEquals("1234", header(routed, Headers.RECEIVED_AT));
    assertEquals(16, header(routed, Headers.SCHEMA).length());
  }

  @Test
  void aDeletedStatusBecomesATombstone() {
    Routed routed = route(Topics.up("press-1", Uplink.STATUS), new byte[0]);
    assertEquals(Uplink.STATUS, routed.kind());
    assertEquals("press-1", routed.record().key());
    assertNull(routed.record().value());
  }

  @Test
  void eachPoisonGoesToTheDeadLettersWithItsReason() {
    byte[] good = Messages.report("press-1", 1);
    byte[] unknown = good.clone();
    unknown[4] ^= 0x55;
    assertDead("BAD_TOPIC", "fqt/v1/up/00/press-1/report/more", good, null);
    assertDead("BAD_TOPIC", REPORT_TOPIC.replace("/report", "/gossip"), good, null);
    String wrongShard = REPORT_TOPIC.replaceFirst("/up/../", "/up/99/");
    assertDead("BAD_TOPIC", wrongShard, good, null);
    assertDead("NOT_SINGLE_OBJECT", REPORT_TOPIC, new byte[0], "press-1");
    assertDead("NOT_SINGLE_OBJECT", REPORT_TOPIC, utf8("{\"json\": true}"), "press-1");
    assertDead("UNKNOWN_SCHEMA", REPORT_TOPIC, unknown, "press-1");
    assertDead("UNKNOWN_SCHEMA", REPORT_TOPIC, Messages.ack("press-1"), "press-1");
    assertDead("TRUNCATED", REPORT_TOPIC, Arrays.copyOf(good, good.length - 1), "press-1");
    assertDead("TRAILING_BYTES", REPORT_TOPIC, Arrays.copyOf(good, good.length + 1), "press-1");
    assertDead("WRONG_DEVICE", REPORT_TOPIC, Messages.report("press-2", 1), "press-1");
  }

  private void assertDead(String reason, String topic, byte[] payload, String key) {
    Routed routed = route(topic, payload);
    assertNull(routed.kind(), reason);
    assertEquals(reason, routed.reason());
    assertEquals(Topics.DEAD_LETTERS, routed.record().topic());
    assertEquals(key, routed.record().key());
    assertArrayEquals(payload, routed.record().value());
    String words = header(routed, Headers.REASON);
    assertTrue(words.startsWith(reason + ": "), words);
    assertEquals(topic, header(routed, Headers.MQTT_TOPIC));
    assertEquals(key == null ? null : Topics.REPORTS, header(routed, Headers.SOURCE_TOPIC));
  }

  @Test
  void ofAnOversizePayloadTheBeginningIsKept() {
    Routed routed = route(REPORT_TOPIC, new byte[100_000]);
    assertEquals("OVERSIZE", routed.reason());
    assertEquals(DeadLetter.OVERSIZE_KEPT_BYTES, routed.record().value().length);
    assertTrue(header(routed, Headers.REASON).contains("100000 bytes"));
    assertEquals("OVERSIZE", route(REPORT_TOPIC, new byte[MAX_BYTES + 1]).reason());
    assertNotEquals("OVERSIZE", route(REPORT_TOPIC, new byte[MAX_BYTES]).reason());
  }

  @Test
  void whateverIsWrongNoDeadLetterIsTooLargeForKafka() {
    String longTopic = "fqt/v1/up/" + "é".repeat(60_000);
    Routed routed = route(longTopic, new byte[1 << 20]);
    assertEquals("BAD_TOPIC", routed.reason());
    assertEquals(DeadLetter.OVERSIZE_KEPT_BYTES, routed.record().value().length);
    int headers = 0;
    for (Header header : routed.record().headers()) {
      headers += header.value().length;
    }
    assertTrue(headers < 10_000, "bytes of headers: " + headers);
  }

  @Test
  void anErrorOfOursKeepsTheMessageAndTheFlow() {
    assertEquals("INTERNAL", route(REPORT_TOPIC, null).reason());
  }

  @Test
  void whereTheBrokerSaysWhoSentItTheTopicMustBeTheSenders() {
    UplinkRouter strict = new UplinkRouter(MAX_BYTES, "client-id");
    byte[] good = Messages.report("press-1", 1);
    assertEquals("WRONG_IDENTITY", sentBy(strict, good));
    assertEquals("WRONG_IDENTITY", sentBy(strict, good, "press-2"));
    assertEquals("WRONG_IDENTITY", sentBy(strict, good, "press-1", "press-2"));
    assertEquals("WRONG_IDENTITY", sentBy(strict, new byte[0], "press-2"));
    assertNull(sentBy(strict, good, "press-1"));
    assertNull(sentBy(strict, good, "press-2", "press-1"), "the broker's own comes last");
    assertNull(sentBy(router, good, "press-2"), "not configured: not looked at");
  }

  private static String sentBy(UplinkRouter router, byte[] payload, String... identities) {
    List<User> user = Stream.of(identities).map(name -> new User("client-id", name)).toList();
    MessageProperties properties = new MessageProperties(null, MessageProperties.NO_EXPIRY, user);
    return router.route(new Inbound(1, 1, REPORT_TOPIC, payload, properties), 1234).reason();
  }

  @Test
  void propertiesAreAccountedForAndAnExpiredMessageGoesOn() {
    List<User> user = List.of(new User("line", "7"), new User("", "nameless"));
    MessageProperties properties = new MessageProperties("avro/binary", 0, user);
    Routed routed =
        router.route(
            new Inbound(1, 1, REPORT_TOPIC, Messages.report("press-1", 1), properties), 1234);
    assertEquals(Uplink.REPORT, routed.kind());
    assertEquals("7", header(routed, "mqtt-user-line"));
    assertEquals("avro/binary", header(routed, Headers.CONTENT_TYPE));
    assertEquals("1234", header(routed, Headers.EXPIRES_AT));
    assertEquals(1, router.properties().leftOut());
    assertEquals(1, router.properties().expiring());
    assertEquals(1, router.properties().expired());
  }

  @Test
  void aLengthThatPromisesGigabytesIsRefusedWithoutTakingThem() {
    // Header, then 2^31 - 9 as the length of the first string.
    byte[] hostile = Arrays.copyOf(Messages.report("x", 1), 16);
    byte[] varint = {(byte) 0xEE, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F, 0};
    System.arraycopy(varint, 0, hostile, 10, varint.length);
    assertEquals("TRUNCATED", route(REPORT_TOPIC, hostile).reason());
  }

  @Test
  void noMutationOfAMessageStopsTheFlow() {
    byte[] good = Messages.status("press-1", 5);
    for (long seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] mutated = Arrays.copyOf(good, 1 + random.nextInt(good.length + 4));
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        // The header stays, so that the body is really read.
        mutated[Math.min(mutated.length - 1, 10 + random.nextInt(mutated.length))] =
            (byte) random.nextInt();
      }
      Routed routed = route(Topics.up("press-1", Uplink.STATUS), mutated);
      assertNotEquals("INTERNAL", routed.reason(), "seed " + seed);
    }
  }

  @Test
  void theHeaderNamesTheWriterSchema() {
    Routed routed = route(REPORT_TOPIC, Messages.report("press-1", 7));
    assertEquals(WireCodec.hex(Messages.REPORTS.fingerprint()), header(routed, Headers.SCHEMA));
  }

  private static String header(Routed routed, String name) {
    Header header = routed.record().headers().lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
