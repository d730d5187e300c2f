package io.fqtfleet.gateway.mqtt;

import java.io.IOException;
import java.io.InputStream;

/**
 * Puts {@code ?} for characters that the MQTT client takes for a broken connection, in the topic
 * and the text properties of incoming messages.
 *
 * <p>MQTT 5 (section 1.5.4) forbids U+0000 and advises against control characters and
 * non-characters. A lenient broker lets a device send them; Paho then ends the connection, the
 * broker delivers the message again, and one device has stopped all that share its session.
 *
 * <p>Bytes are replaced one for one, so that no length changes. What is not yet a whole character
 * waits in the buffer for its rest.
 *
 * <pre>
 *   FIRST -> LENGTH -+-> SKIP -> FIRST                                     (not a PUBLISH)
 *                    +-> TOPIC LENGTH -> TEXT -> id -> PROPERTIES -> SKIP  (payload)
 *   PROPERTIES: number -> TEXT LENGTH -> TEXT | BINARY LENGTH -> skip | skip
 * </pre>
 */
final class TextGuard extends InputStream {
  private static final int BUFFER_BYTES = 16_384;
  private static final int PUBLISH = 3;
  private static final int QOS_BITS = 6;
  private static final int CONTINUED = 0x80;
  private static final byte REPLACEMENT = '?';

  /** Where the next byte stands. */
  private enum At {
    FIRST,
    LENGTH,
    TEXT_LENGTH,
    TEXT,
    BINARY_LENGTH,
    PROPERTIES_LENGTH,
    PROPERTY,
    PROPERTY_NUMBER,
    SKIP
  }

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int next;
  private int clean;
  private int filled;
  private boolean ended;

  private At at = At.FIRST;
  private boolean publish;
  private boolean hasId;

  /** Of the packet; of its properties, -1 before they begin; of the text or what is skipped. */
  private int packetLeft;

  private int propertiesLeft;
  private int partLeft;

  /** A number under way, and its next bit or byte. */
  private int number;

  private int shift;

  /** Texts that follow: a user property has two. */
  private int textsLeft;

  TextGuard(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer[next++] & 0xFF : -1;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, clean - next);
    System.arraycopy(buffer, next, to, offset, count);
    next += count;
    return count;
  }

  @Override
  public int available() throws IOException {
    return clean - next + in.available();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /** Waits for a byte that may be handed out; false at the end. */
  private boolean fill() throws IOException {
    while (next == clean) {
      if (ended) {
        return false;
      }
      System.arraycopy(buffer, clean, buffer, 0, filled - clean);
      filled -= clean;
      next = 0;
      clean = 0;
      int count = in.read(buffer, filled, buffer.length - filled);
      if (count < 0) {
        // Half a character: whoever reads it finds the packet cut.
        ended = true;
        clean = filled;
      } else {
        filled += count;
        clean();
      }
    }
    return true;
  }

  /** Moves {@code clean} on as far as whole characters reach. */
  private void clean() {
    while (clean < filled) {
      if (at == At.TEXT) {
        int bytes = character();
        if (bytes == 0) {
          return;
        }
        took(bytes);
        partLeft -= bytes;
        if (partLeft == 0) {
          afterText();
        }
      } else if (at == At.SKIP) {
        int bytes = Math.min(partLeft, filled - clean);
        took(bytes);
        partLeft -= bytes;
        if (partLeft == 0) {
          afterSkip();
        }
      } else {
        int value = buffer[clean] & 0xFF;
        if (at != At.FIRST && at != At.LENGTH && packetLeft == 0) {
          // The packet ends where it may not; its reader says so.
          at = At.FIRST;
        }
        take(value);
      }
    }
  }

  private void took(int bytes) {
    clean += bytes;
    packetLeft -= bytes;
    if (propertiesLeft > 0) {
      propertiesLeft = Math.max(0, propertiesLeft - bytes);
    }
  }

  private void take(int value) {
    switch (at) {
      case FIRST -> {
        clean++;
        publish = value >> 4 == PUBLISH;
        hasId = (value & QOS_BITS) != 0;
        startNumber(At.LENGTH);
      }
      case LENGTH -> {
        clean++;
        if (variable(value)) {
          packetLeft = number;
          propertiesLeft = -1;
          if (publish) {
            startNumber(At.TEXT_LENGTH);
            textsLeft = 1;
          } else {
            skip(packetLeft);
          }
        }
      }
      case TEXT_LENGTH, BINARY_LENGTH -> {
        took(1);
        if (twoBytes(value)) {
          partLeft = Math.min(number, packetLeft);
          boolean text = at == At.TEXT_LENGTH;
          at = text ? At.TEXT : At.SKIP;
          if (partLeft == 0) {
            if (text) {
              afterText();
            } else {
              afterSkip();
            }
          }
        }
      }
      case PROPERTIES_LENGTH -> {
        took(1);
        if (variable(value)) {
          propertiesLeft = Math.min(number, packetLeft);
          afterProperty();
        }
      }
      case PROPERTY -> {
        took(1);
        property(value);
      }
      case PROPERTY_NUMBER -> {
        took(1);
        if (variable(value)) {
          afterProperty();
        }
      }
      case TEXT, SKIP -> throw new IllegalStateException("taken before");
    }
  }

  /** MQTT 5, section 3.3.2.3; what is unknown there is left to the reader. */
  private void property(int id) {
    textsLeft = id == 0x26 ? 2 : 1;
    switch (id) {
      case 0x03, 0x08, 0x26 -> startNumber(At.TEXT_LENGTH);
      case 0x09 -> startNumber(At.BINARY_LENGTH);
      case 0x01 -> skip(1);
      case 0x23 -> skip(2);
      case 0x02 -> skip(4);
      case 0x0B -> startNumber(At.PROPERTY_NUMBER);
      default -> {
        propertiesLeft = 0;
        skip(packetLeft);
      }
    }
  }

  private void afterText() {
    textsLeft--;
    if (textsLeft > 0) {
      startNumber(At.TEXT_LENGTH);
    } else if (propertiesLeft >= 0) {
      afterProperty();
    } else if (hasId) {
      skip(2);
    } else {
      startNumber(At.PROPERTIES_LENGTH);
    }
  }

  private void afterSkip() {
    if (packetLeft > 0 && publish && propertiesLeft < 0) {
      startNumber(At.PROPERTIES_LENGTH);
    } else if (propertiesLeft > 0) {
      at = At.PROPERTY;
    } else {
      afterProperty();
    }
  }

  private void afterProperty() {
    if (propertiesLeft > 0) {
      at = At.PROPERTY;
    } else if (packetLeft > 0) {
      skip(packetLeft);
    } else {
      at = At.FIRST;
    }
  }

  private void skip(int bytes) {
    partLeft = Math.min(bytes, packetLeft);
    at = partLeft > 0 ? At.SKIP : At.FIRST;
  }

  private void startNumber(At where) {
    at = where;
    number = 0;
    shift = 0;
  }

  private boolean variable(int value) {
    number |= (value & ~CONTINUED) << shift;
    shift += 7;
    return (value & CONTINUED) == 0 || shift > 21;
  }

  private boolean twoBytes(int value) {
    number = number << 8 | value;
    shift += 8;
    return shift == 16;
  }

  /** Length of the character at {@code clean}, replaced if need be; 0 if its rest is not there. */
  private int character() {
    int first = buffer[clean] & 0xFF;
    int length = Math.min(first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4, partLeft);
    if (filled - clean < length) {
      return 0;
    }
    for (int i = 1; i < length; i++) {
      if ((buffer[clean + i] & 0xC0) != CONTINUED) {
        // No UTF-8; it is read as U+FFFD, which is a character.
        return i;
      }
    }
    if (isRefused(first, length)) {
      for (int i = 0; i < length; i++) {
        buffer[clean + i] = REPLACEMENT;
      }
    }
    return length;
  }

  /** Controls U+0000..1F and U+7F..9F; U+FDD0..FDEF; the last two of each plane. */
  private boolean isRefused(int first, int length) {
    int second = length > 1 ? buffer[clean + 1] & 0xFF : 0;
    int third = length > 2 ? buffer[clean + 2] & 0xFF : 0;
    return switch (length) {
      case 1 -> first < 0x20 || first == 0x7F;
      case 2 -> first == 0xC2 && second < 0xA0;
      case 3 ->
          first == 0xEF
              && (second == 0xB7 && third >= 0x90 && third <= 0xAF
                  || second == 0xBF && third >= 0xBE);
      default -> (second & 0x0F) == 0x0F && third == 0xBF && (buffer[clean + 3] & 0xFF) >= 0xBE;
    };
  }
}
