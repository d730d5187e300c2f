package io.fqtfleet.gateway.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MessageProperties.User;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class PropertyHeadersTest {
  private static final long NOW_MS = 5_000;

  /** Met by other modules only. */
  private static final Set<WireException.Reason> FOREIGN =
      Set.of(WireException.Reason.OUT_OF_RANGE, WireException.Reason.UNKNOWN_ALERT);

  private final RecordHeaders headers = new RecordHeaders();

  private static MessageProperties user(List<User> user) {
    return new MessageProperties(null, MessageProperties.NO_EXPIRY, user);
  }

  private String text(String name) {
    Header header = headers.lastHeader(name);
    return header == null ? null : new String(header.value(), StandardCharsets.UTF_8);
  }

  @Test
  void whatGoesToKafkaComesBackAsItWas() {
    List<User> user = List.of(new User("line", "7"), new User("ort", "Köln"), new User("line", ""));
    MessageProperties sent = new MessageProperties("avro/binary", 60, user);
    assertEquals(0, PropertyHeaders.toKafka(sent, NOW_MS, headers));
    assertEquals("65000", text(Headers.EXPIRES_AT));
    assertEquals("", text("mqtt-user-line"));
    PropertyHeaders.FromKafka back = PropertyHeaders.fromKafka(headers, NOW_MS + 1_500);
    assertEquals(user, back.properties().user());
    assertEquals("avro/binary", back.properties().contentType());
    assertEquals(59, back.properties().expirySeconds(), "58.5 s are left, rounded up");
    assertEquals(0, back.leftOut());
    assertFalse(back.expired());
  }

  @Test
  void aMessageWithoutPropertiesAddsNoHeader() {
    assertEquals(0, PropertyHeaders.toKafka(MessageProperties.NONE, NOW_MS, headers));
    assertEquals(0, headers.toArray().length);
    assertEquals(MessageProperties.NONE, PropertyHeaders.fromKafka(headers, NOW_MS).properties());
  }

  @Test
  void noSenderCanWriteAHeaderOfOurs() {
    headers.add(Headers.RECEIVED_AT, "1".getBytes(StandardCharsets.UTF_8));
    List<User> hostile = new ArrayList<>();
    for (String name : List.of(Headers.RECEIVED_AT, Headers.REASON, Headers.EXPIRES_AT)) {
      hostile.add(new User(name, "forged"));
    }
    PropertyHeaders.toKafka(user(hostile), NOW_MS, headers);
    assertEquals("1", text(Headers.RECEIVED_AT));
    assertNull(text(Headers.REASON));
    assertNull(text(Headers.EXPIRES_AT));
    assertEquals("forged", text("mqtt-user-" + Headers.REASON));
  }

  @Test
  void whatIsBeyondALimitIsLeftOutAndCounted() {
    assertTaken(16, Collections.nCopies(20, new User("n", "v")));
    assertTaken(1, List.of(new User("n", "v".repeat(1_024)), new User("n", "v".repeat(1_025))));
    assertTaken(1, List.of(new User("n".repeat(128), ""), new User("n".repeat(129), "")));
    assertTaken(0, List.of(new User("", "nameless")));
    assertTaken(3, Collections.nCopies(5, new User("n", "v".repeat(1_024))));
    // 65,535 bytes each, as large as MQTT lets them be.
    assertTaken(0, Collections.nCopies(5, new User("n".repeat(65_535), "v".repeat(65_535))));
  }

  private static void assertTaken(int expected, List<User> given) {
    RecordHeaders headers = new RecordHeaders();
    int leftOut = PropertyHeaders.toKafka(user(given), NOW_MS, headers);
    assertEquals(given.size() - expected, leftOut);
    Header said = headers.lastHeader(Headers.PROPERTIES_LEFT_OUT);
    assertNotNull(leftOut == 0 ? new Object() : said);
    assertEquals(expected, headers.toArray().length - (leftOut > 0 ? 1 : 0));
  }

  @Test
  void aContentTypeOfAnUnreasonableLengthIsLeftOut() {
    MessageProperties sent =
        new MessageProperties("x".repeat(257), MessageProperties.NO_EXPIRY, List.of());
    assertEquals(1, PropertyHeaders.toKafka(sent, NOW_MS, headers));
    assertNull(text(Headers.CONTENT_TYPE));
  }

  @Test
  void headersThatMqttCannotCarryAreLeftOut() {
    headers.add("mqtt-user-binary", new byte[] {(byte) 0xC3, 0x28});
    headers.add("mqtt-user-null", null);
    headers.add("mqtt-user-nul", new byte[] {'a', 0});
    headers.add("mqtt-user-line", new byte[] {'a', '\n'});
    headers.add("mqtt-user-none", new byte[] {(byte) 0xEF, (byte) 0xBF, (byte) 0xBE});
    headers.add("mqtt-user-", new byte[] {'a'});
    headers.add("mqtt-user-na\0me", new byte[] {'a'});
    headers.add("mqtt-user-good", new byte[] {'a'});
    headers.add(Headers.CONTENT_TYPE, new byte[] {(byte) 0xFF});
    headers.add(Headers.EXPIRES_AT, "soon".getBytes(StandardCharsets.UTF_8));
    headers.add("trace", new byte[] {'x'});
    PropertyHeaders.FromKafka read = PropertyHeaders.fromKafka(headers, NOW_MS);
    assertEquals(user(List.of(new User("good", "a"))), read.properties());
    assertEquals(9, read.leftOut());
  }

  @Test
  void anEndThatHasPassedIsSaid() {
    headers.add(Headers.EXPIRES_AT, Long.toString(NOW_MS).getBytes(StandardCharsets.UTF_8));
    assertTrue(PropertyHeaders.fromKafka(headers, NOW_MS).expired());
    assertFalse(PropertyHeaders.fromKafka(headers, NOW_MS - 1).expired());
    assertEquals(1, PropertyHeaders.fromKafka(headers, NOW_MS - 1).properties().expirySeconds());
  }

  @Test
  void everyReasonOfTheWireHasItsOwn() {
    for (WireException.Reason wire : WireException.Reason.values()) {
      boolean foreign = FOREIGN.contains(wire);
      assertEquals(foreign ? "INTERNAL" : wire.name(), DeadLetter.Reason.of(wire).name());
    }
  }
}
