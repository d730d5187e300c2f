package io.fqtfleet.gateway.contract;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MessageProperties.User;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * MQTT 5 properties as Kafka headers and back. User properties get a prefix, so that no sender can
 * write a header of ours. What goes beyond a limit is left out and counted; the message itself goes
 * its way.
 */
public final class PropertyHeaders {
  public static final String USER_PREFIX = io.fqtfleet.schemas.Headers.MQTT_USER_PREFIX;
  public static final int COUNT_MAX = 16;
  public static final int NAME_BYTES_MAX = 128;
  public static final int VALUE_BYTES_MAX = 1_024;

  /** Names and values together. */
  public static final int TOTAL_BYTES_MAX = 4_096;

  /** An MQTT content type may have 65,535 bytes; the registered ones have fewer than 128. */
  public static final int CONTENT_TYPE_BYTES_MAX = 256;

  private static final long MS_PER_SECOND = 1_000;

  /** Largest message expiry interval of MQTT 5, seconds. */
  private static final long EXPIRY_SECONDS_MAX = 0xFFFF_FFFFL;

  private PropertyHeaders() {}

  /**
   * Adds a message's properties to a record.
   *
   * @return how many did not fit
   */
  public static int toKafka(MessageProperties properties, long receivedAtMs, Headers headers) {
    Limit limit = new Limit();
    int leftOut = 0;
    if (properties.contentType() != null) {
      byte[] type = utf8(properties.contentType());
      if (type.length <= CONTENT_TYPE_BYTES_MAX) {
        headers.add(io.fqtfleet.schemas.Headers.CONTENT_TYPE, type);
      } else {
        leftOut++;
      }
    }
    if (properties.expirySeconds() != MessageProperties.NO_EXPIRY) {
      long expiresAtMs = receivedAtMs + properties.expirySeconds() * MS_PER_SECOND;
      headers.add(io.fqtfleet.schemas.Headers.EXPIRES_AT, utf8(Long.toString(expiresAtMs)));
    }
    for (User user : properties.user()) {
      byte[] value = utf8(user.value());
      if (limit.takes(utf8(user.name()).length, value.length)) {
        headers.add(USER_PREFIX + user.name(), value);
      } else {
        leftOut++;
      }
    }
    if (leftOut > 0) {
      headers.add(io.fqtfleet.schemas.Headers.PROPERTIES_LEFT_OUT, utf8(Integer.toString(leftOut)));
    }
    return leftOut;
  }

  /**
   * A record's properties.
   *
   * @param leftOut how many headers did not fit or are no UTF-8 text
   * @param expired true if the record states an end that has passed
   */
  public record FromKafka(MessageProperties properties, int leftOut, boolean expired) {}

  /** Reads what {@link #toKafka} writes. */
  public static FromKafka fromKafka(Headers headers, long nowMs) {
    List<User> user = new ArrayList<>();
    Limit limit = new Limit();
    int leftOut = 0;
    String contentType = null;
    long expirySeconds = MessageProperties.NO_EXPIRY;
    boolean expired = false;
    for (Header header : headers) {
      String name = header.key();
      boolean type = name.equals(io.fqtfleet.schemas.Headers.CONTENT_TYPE);
      boolean end = name.equals(io.fqtfleet.schemas.Headers.EXPIRES_AT);
      if (!type && !end && !name.startsWith(USER_PREFIX)) {
        continue;
      }
      String text = text(header.value());
      if (type && text != null && header.value().length <= CONTENT_TYPE_BYTES_MAX) {
        contentType = text;
      } else if (end && isTime(text)) {
        long leftMs = Long.parseLong(text) - nowMs;
        expired = leftMs <= 0;
        expirySeconds =
            Math.min(EXPIRY_SECONDS_MAX, Math.floorDiv(leftMs + MS_PER_SECOND - 1, MS_PER_SECOND));
      } else if (!type && !end && text != null && takes(limit, name, header.value())) {
        user.add(new User(name.substring(USER_PREFIX.length()), text));
      } else {
        leftOut++;
      }
    }
    long positive = expired ? 0 : expirySeconds;
    return new FromKafka(new MessageProperties(contentType, positive, user), leftOut, expired);
  }

  private static boolean takes(Limit limit, String name, byte[] value) {
    String bare = name.substring(USER_PREFIX.length());
    return text(utf8(bare)) != null && limit.takes(utf8(bare).length, value.length);
  }

  /** Digits of a Unix time in ms; 18 of them fit into a long. */
  private static boolean isTime(String text) {
    return text != null && text.matches("[0-9]{1,18}");
  }

  /**
   * Null unless it is UTF-8 without the characters that MQTT 5 forbids or advises against (section
   * 1.5.4).
   */
  private static String text(byte[] value) {
    if (value == null) {
      return null;
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
      return text.codePoints().noneMatch(PropertyHeaders::isRefused) ? text : null;
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static boolean isRefused(int character) {
    return Character.isISOControl(character)
        || (character & 0xFFFE) == 0xFFFE
        || character >= 0xFDD0 && character <= 0xFDEF;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Counts what was taken of one message. */
  private static final class Limit {
    private int count;
    private int bytes;

    boolean takes(int nameBytes, int valueBytes) {
      boolean fits =
          nameBytes > 0
              && nameBytes <= NAME_BYTES_MAX
              && valueBytes <= VALUE_BYTES_MAX
              && count < COUNT_MAX
              && bytes + nameBytes + valueBytes <= TOTAL_BYTES_MAX;
      if (fits) {
        count++;
        bytes += nameBytes + valueBytes;
      }
      return fits;
    }
  }
}
