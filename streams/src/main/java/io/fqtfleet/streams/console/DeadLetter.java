package io.fqtfleet.streams.console;

import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record that could not be used.
 *
 * @param place topic, partition and offset: finds it again
 * @param source topic that it was meant for or came from
 * @param bytes its first ones
 * @param size of all
 */
record DeadLetter(
    String place, long atMs, String key, String reason, String source, byte[] bytes, int size) {
  private static final int BYTES_MAX = 4_096;

  private static final Map<String, WireCodec<?>> CODECS =
      Map.of(
          Topics.REPORTS, WireCodec.of(TrainingReport.class),
          Topics.STATUS, WireCodec.of(DeviceStatus.class),
          Topics.ACKS, WireCodec.of(BudgetAck.class),
          Topics.BUDGETS, WireCodec.of(UpdateBudget.class),
          Topics.DEVICES, WireCodec.of(DeviceRegistration.class),
          Topics.POLICIES, WireCodec.of(Policy.class),
          Topics.FEEDBACK, WireCodec.of(AlertFeedback.class));

  static DeadLetter of(ConsumerRecord<byte[], byte[]> record) {
    byte[] value = record.value() == null ? new byte[0] : record.value();
    return new DeadLetter(
        "%s[%d]@%d".formatted(record.topic(), record.partition(), record.offset()),
        record.timestamp(),
        record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8),
        header(record, Headers.REASON),
        header(record, Headers.SOURCE_TOPIC),
        Arrays.copyOf(value, Math.min(value.length, BYTES_MAX)),
        value.length);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }

  String hex() {
    return HexFormat.ofDelimiter(" ").formatHex(bytes);
  }

  /** The record in words, or why there are none. */
  String decoded() {
    WireCodec<?> codec = CODECS.get(source);
    if (codec == null || size > bytes.length) {
      return "not decoded: " + (codec == null ? "its topic is not known" : "it is too long");
    }
    try {
      return codec.decode(bytes).toString();
    } catch (WireException e) {
      return "not decoded: " + e.getMessage();
    }
  }
}
