package io.fqtfleet.gateway.contract;

import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Makes the records of {@code fqt.dead-letters.v1}. */
public final class DeadLetter {
  /** Of a payload that is larger than the limit the dead letter keeps this much. */
  public static final int OVERSIZE_KEPT_BYTES = 4_096;

  private static final int HEADER_TEXT_CHARS_MAX = 1_000;

  private DeadLetter() {}

  /** Why. The name is the code in the header and the label in the metrics. */
  public enum Reason {
    NOT_SINGLE_OBJECT,
    UNKNOWN_SCHEMA,
    TRUNCATED,
    TRAILING_BYTES,
    WRONG_DEVICE,
    BAD_TOPIC,
    OVERSIZE,
    /** The broker says that another client sent it than the topic names. */
    WRONG_IDENTITY,
    /** A budget whose Kafka key is no device id. */
    BAD_KEY,
    /** A budget for a device that no signing key is known for. */
    NO_KEY,
    /** A budget whose stated end has passed. */
    EXPIRED,
    /** Our own fault. */
    INTERNAL;

    /** The reason of the same name; there is none for what only other modules meet. */
    public static Reason of(WireException.Reason wire) {
      return switch (wire) {
        case NOT_SINGLE_OBJECT -> NOT_SINGLE_OBJECT;
        case UNKNOWN_SCHEMA -> UNKNOWN_SCHEMA;
        case TRUNCATED -> TRUNCATED;
        case TRAILING_BYTES -> TRAILING_BYTES;
        case WRONG_DEVICE -> WRONG_DEVICE;
        case BAD_TOPIC -> BAD_TOPIC;
        case OVERSIZE -> OVERSIZE;
        case OUT_OF_RANGE, UNKNOWN_ALERT -> INTERNAL;
      };
    }
  }

  /**
   * A dead letter that Kafka takes whatever it is about.
   *
   * @param key of the record it is about; null if it has none
   * @param payloadBytesMax larger payloads are cut to {@link #OVERSIZE_KEPT_BYTES}
   * @param sourceTopic the Kafka topic it was meant for or came from; null if unknown
   */
  public static ProducerRecord<String, byte[]> of(
      Reason reason,
      String words,
      String key,
      byte[] payload,
      int payloadBytesMax,
      String sourceTopic) {
    byte[] kept =
        payload != null && payload.length > payloadBytesMax
            ? Arrays.copyOf(payload, Math.min(payload.length, OVERSIZE_KEPT_BYTES))
            : payload;
    String shortKey = key == null || key.length() <= HEADER_TEXT_CHARS_MAX ? key : null;
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(Topics.DEAD_LETTERS, shortKey, kept);
    header(record, Headers.REASON, reason + ": " + words);
    if (sourceTopic != null) {
      header(record, Headers.SOURCE_TOPIC, sourceTopic);
    }
    return record;
  }

  /** Adds a header, cut to a length that Kafka takes for sure. */
  public static void header(ProducerRecord<String, byte[]> record, String name, String value) {
    String shortened =
        value.length() <= HEADER_TEXT_CHARS_MAX
            ? value
            : value.substring(0, HEADER_TEXT_CHARS_MAX) + "...";
    record.headers().add(name, shortened.getBytes(StandardCharsets.UTF_8));
  }
}
