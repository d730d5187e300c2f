package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.contract.DeadLetter;
import io.fqtfleet.gateway.contract.DeadLetter.Reason;
import io.fqtfleet.gateway.contract.PropertyHeaders;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MessageProperties.User;
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
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides where a device's message goes: to its Kafka topic as it came, byte by byte, or to the
 * dead letters with the reason. Pure: no input makes it fail. Safe for many threads.
 */
final class UplinkRouter {
  private static final Logger LOG = LoggerFactory.getLogger(UplinkRouter.class);

  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);
  private final WireCodec<DeviceStatus> statuses = WireCodec.of(DeviceStatus.class);
  private final WireCodec<BudgetAck> acks = WireCodec.of(BudgetAck.class);
  private final PropertyCounters properties = new PropertyCounters();
  private final int payloadBytesMax;
  private final String identityProperty;

  /**
   * @param identityProperty user property in which the broker says who sent a message; null = it
   *     does not
   */
  UplinkRouter(int payloadBytesMax, String identityProperty) {
    this.payloadBytesMax = payloadBytesMax;
    this.identityProperty = identityProperty;
  }

  /** What came with the messages. */
  PropertyCounters properties() {
    return properties;
  }

  int payloadBytesMax() {
    return payloadBytesMax;
  }

  /** Where a message goes; {@code kind} is null for a dead letter, {@code reason} then says why. */
  record Routed(ProducerRecord<String, byte[]> record, Uplink kind, String reason) {}

  Routed route(Inbound message, long receivedAtMs) {
    UpTopic topic = null;
    try {
      topic = parse(message.topic());
      return forward(message, topic, receivedAtMs);
    } catch (WireException e) {
      return deadLetter(message, topic, receivedAtMs, Reason.of(e.reason()), e.getMessage());
    } catch (RuntimeException e) {
      // Ours to mend; the flow goes on and the message is kept.
      LOG.error("topic={} the check of a message failed", message.topic(), e);
      return deadLetter(message, topic, receivedAtMs, Reason.INTERNAL, e.toString());
    }
  }

  /** Kafka's own limit is below ours: the beginning is kept, as of any oversize message. */
  Routed tooLarge(Inbound message, long receivedAtMs, String words) {
    ProducerRecord<String, byte[]> record =
        DeadLetter.of(
            Reason.OVERSIZE, words, null, message.payload(), DeadLetter.OVERSIZE_KEPT_BYTES, null);
    DeadLetter.header(record, Headers.MQTT_TOPIC, message.topic());
    DeadLetter.header(record, Headers.RECEIVED_AT, Long.toString(receivedAtMs));
    return new Routed(record, null, Reason.OVERSIZE.name());
  }

  private static UpTopic parse(String topic) throws WireException {
    try {
      return Topics.parseUp(topic);
    } catch (IllegalArgumentException e) {
      throw new WireException(WireException.Reason.BAD_TOPIC, e.getMessage(), e);
    }
  }

  private Routed forward(Inbound message, UpTopic topic, long receivedAtMs) throws WireException {
    byte[] payload = message.payload();
    if (payload.length > payloadBytesMax) {
      throw new WireException(
          WireException.Reason.OVERSIZE,
          "%d bytes are more than uplink.payloadBytesMax = %d; the first %d are kept"
              .formatted(
                  payload.length,
                  payloadBytesMax,
                  Math.min(payload.length, DeadLetter.OVERSIZE_KEPT_BYTES)));
    }
    String stranger = stranger(message, topic.device());
    if (stranger != null) {
      return deadLetter(message, topic, receivedAtMs, Reason.WRONG_IDENTITY, stranger);
    }
    ProducerRecord<String, byte[]> record;
    if (payload.length == 0 && topic.kind() == Uplink.STATUS) {
      // Somebody deleted the retained status: the device is gone, in the compacted topic too.
      record = new ProducerRecord<>(Topics.STATUS, topic.device(), null);
    } else {
      String device = deviceIn(topic.kind(), payload);
      if (!device.equals(topic.device())) {
        throw new WireException(
            WireException.Reason.WRONG_DEVICE,
            "the payload is of device '%s', the topic of '%s'".formatted(device, topic.device()));
      }
      record = new ProducerRecord<>(topic.kind().kafkaTopic(), topic.device(), payload);
      DeadLetter.header(record, Headers.SCHEMA, WireCodec.hex(WireCodec.fingerprintOf(payload)));
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

  /** Null if the sender may write under this device's id, else why not. */
  private String stranger(Inbound message, String device) {
    if (identityProperty == null) {
      return null;
    }
    String identity = null;
    for (User user : message.properties().user()) {
      if (user.name().equals(identityProperty)) {
        // The broker adds its own behind what a sender may have written under the same name.
        identity = user.value();
      }
    }
    if (device.equals(identity)) {
      return null;
    }
    return identity == null
        ? "the broker did not say who sent it: no user property '%s' (mqtt.identityProperty)"
            .formatted(identityProperty)
        : "sent by '%s', the topic is of '%s'".formatted(identity, device);
  }

  private Routed deadLetter(
      Inbound message, UpTopic topic, long receivedAtMs, Reason reason, String words) {
    ProducerRecord<String, byte[]> record =
        DeadLetter.of(
            reason,
            words,
            topic == null ? null : topic.device(),
            message.payload(),
            payloadBytesMax,
            topic == null ? null : topic.kind().kafkaTopic());
    origin(record, message, receivedAtMs);
    return new Routed(record, null, reason.name());
  }

  private void origin(ProducerRecord<String, byte[]> record, Inbound message, long receivedAtMs) {
    DeadLetter.header(record, Headers.MQTT_TOPIC, message.topic());
    DeadLetter.header(record, Headers.RECEIVED_AT, Long.toString(receivedAtMs));
    if (message.properties() != MessageProperties.NONE) {
      int leftOut = PropertyHeaders.toKafka(message.properties(), receivedAtMs, record.headers());
      properties.came(leftOut, message.properties().expirySeconds());
    }
  }
}
