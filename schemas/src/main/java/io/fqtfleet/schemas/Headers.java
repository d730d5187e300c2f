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

  /**
   * On a deleted budget: its device was retired, so its retained status goes too. Any value counts.
   */
  public static final String RETIRED = "fqt-retired";

  /** MQTT 5 content type, as the sender states it. */
  public static final String CONTENT_TYPE = "fqt-content-type";

  /** End of the message's life as the sender states it: Unix epoch, ms, decimal. */
  public static final String EXPIRES_AT = "fqt-expires-at";

  /** Before the name of an MQTT 5 user property. */
  public static final String MQTT_USER_PREFIX = "mqtt-user-";

  /** How many MQTT 5 properties were beyond the gateway's limits; absent = none. */
  public static final String PROPERTIES_LEFT_OUT = "fqt-properties-left-out";

  private Headers() {}
}
