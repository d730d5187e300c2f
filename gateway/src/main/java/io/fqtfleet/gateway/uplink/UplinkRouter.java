package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.mqtt.MqttLink.Inbound;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.UpTopic;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.schemas.WireException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides where a device's message goes: to its Kafka topic as it came, byte by byte, or to the
 * dead letters with the reason. Pure: no input makes it fail. Safe for many threads.
 */
final class UplinkRouter {
  private static final Logger LOG = LoggerFactory.getLogger(UplinkRouter.class);

  /** Of an oversize payload the dead letter keeps this much. */
  static final int OVERSIZE_KEPT_BYTES = 4_096;

  private static final int HEADER_TEXT_CHARS_MAX = 1_000;

  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);
  private final WireCodec<DeviceStatus> statuses = WireCodec.of(DeviceStatus.class);
  private final WireCodec<BudgetAck> acks = WireCodec.of(BudgetAck.class);
  private final int payloadBytesMax;

  UplinkRouter(int payloadBytesMax) {
    this.payloadBytesMax = payloadBytesMax;
  }

  /** Where a message goes; {@code kind} is null for a dead letter, {@code reason} then says why. */
  record Routed(ProducerRecord<String, byte[]> record, Uplink kind, String reason) {}

  Routed route(Inbound message, long receivedAtMs) {
    UpTopic topic = null;
    try {
      topic = parse(message.topic());
      return forward(message, topic, receivedAtMs);
    } catch (WireException e) {
      return deadLetter(message, topic, receivedAtMs, e.reason().name(), e.getMessage());
    } catch (RuntimeException e) {
      // Ours to mend; the flow goes on and the message is kept.
      LOG.error("topic={} the check of a message failed", message.topic(), e);
      return deadLetter(message, topic, receivedAtMs, "INTERNAL", e.toString());
    }
  }

  private static UpTopic parse(String topic) throws WireException {
    try {
      return Topics.parseUp(topic);
    } catch (IllegalArgumentException e) {
      throw new WireException(Reason.BAD_TOPIC, e.getMessage(), e);
    }
  }

  private Routed forward(Inbound message, UpTopic topic, long receivedAtMs) throws WireException {
    byte[] payload = message.payload();
    if (payload.length > payloadBytesMax) {
      throw new WireException(
          Reason.OVERSIZE,
          "%d bytes are more than uplink.payloadBytesMax = %d; the first %d are kept"
              .formatted(
                  payload.length, payloadBytesMax, Math.min(payload.length, OVERSIZE_KEPT_BYTES)));
    }
    ProducerRecord<String, byte[]> record;
    if (payload.length == 0 && topic.kind() == Uplink.STATUS) {
      // Somebody deleted the retained status: the device is gone, in the compacted topic too.
      record = new ProducerRecord<>(Topics.STATUS, topic.device(), null);
    } else {
      String device = deviceIn(topic.kind(), payload);
      if (!device.equals(topic.device())) {
        throw new WireException(
            Reason.WRONG_DEVICE,
            "the payload is of device '%s', the topic of '%s'".formatted(device, topic.device()));
      }
      record = new ProducerRecord<>(topic.kind().kafkaTopic(), topic.device(), payload);
      header(record, Headers.SCHEMA, WireCodec.hex(WireCodec.fingerprintOf(payload)));
    }
    origin(record, message, receivedAtMs);
    return new Routed(record, topic.kind(), null);
  }

  private String deviceIn(Uplink kind, byte[] payload) throws WireException {
    return switch (kind) {
      case REPORT -> reports.decode(payload).getDevice();
      case STATUS -> statuses.decode(payload).getDevice();
      case ACK -> acks.decode(payload).getDevice();
    };
  }

  private static Routed deadLetter(
      Inbound message, UpTopic topic, long receivedAtMs, String reason, String words) {
    byte[] payload = message.payload();
    byte[] kept =
        reason.equals(Reason.OVERSIZE.name()) && payload.length > OVERSIZE_KEPT_BYTES
            ? Arrays.copyOf(payload, OVERSIZE_KEPT_BYTES)
            : payload;
    String key = topic == null ? null : topic.device();
    ProducerRecord<String, byte[]> record = new ProducerRecord<>(Topics.DEAD_LETTERS, key, kept);
    header(record, Headers.REASON, shortened(reason + ": " + words));
    if (topic != null) {
      header(record, Headers.SOURCE_TOPIC, topic.kind().kafkaTopic());
    }
    origin(record, message, receivedAtMs);
    return new Routed(record, null, reason);
  }

  private static void origin(
      ProducerRecord<String, byte[]> record, Inbound message, long receivedAtMs) {
    header(record, Headers.MQTT_TOPIC, shortened(message.topic()));
    header(record, Headers.RECEIVED_AT, Long.toString(receivedAtMs));
  }

  private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  private static String shortened(String text) {
    return text.length() <= HEADER_TEXT_CHARS_MAX
        ? text
        : text.substring(0, HEADER_TEXT_CHARS_MAX) + "...";
  }
}
