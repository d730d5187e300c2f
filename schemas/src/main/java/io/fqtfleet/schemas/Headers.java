package io.fqtfleet.schemas;

/** Names of the Kafka headers that our records carry. Values are UTF-8 text. */
public final class Headers {
  /** The MQTT topic that a message came in on. */
  public static final String MQTT_TOPIC = "fqt-mqtt-topic";

  /** When the gateway received it: Unix epoch, ms, decimal. */
  public static final String RECEIVED_AT = "fqt-received-at";

  /** Fingerprint of the writer schema, 16 hexadecimal digits. */
  public static final String SCHEMA = "fqt-schema";

  /** Why a record is a dead letter: {@code CODE: sentence}. */
  public static final String REASON = "fqt-reason";

  /** The Kafka topic that a dead letter was meant for or came from. */
  public static final String SOURCE_TOPIC = "fqt-source-topic";

  private Headers() {}
}
