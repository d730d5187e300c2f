package io.fqtfleet.gateway.mqtt;

/** The broker is away, refused, or the connection broke. The message says what was attempted. */
public final class MqttLinkException extends Exception {
  private static final long serialVersionUID = 1L;

  public MqttLinkException(String message) {
    super(message);
  }

  public MqttLinkException(String message, Throwable cause) {
    super(message, cause);
  }
}
