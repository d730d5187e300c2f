package io.fqtfleet.gateway.mqtt;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One MQTT 5 connection. It is used once: after it was lost or closed, a new one is opened.
 *
 * <p>{@link #connect} and {@link #subscribe} block for the settings' timeout at most; all else
 * returns at once and may be called from any thread.
 */
public interface MqttLink extends AutoCloseable {
  /** MQTT 5 reason code of a DISCONNECT: another client took the session over. */
  int SESSION_TAKEN_OVER = 0x8E;

  /** The loss was not told by a DISCONNECT of the broker. */
  int NO_REASON_CODE = -1;

  /** {@code receiveMaximum}: messages that the broker may send unacknowledged. */
  record Settings(
      String uri,
      String clientId,
      Login login,
      boolean cleanStart,
      long sessionExpirySeconds,
      int receiveMaximum,
      Duration keepAlive,
      Duration timeout) {
    /** Sessions with this expiry are kept for ever. */
    public static final long NEVER_EXPIRES = 0xFFFF_FFFFL;
  }

  /** How to log in; null fields are not sent. {@code tls} is null for plain TCP. */
  record Login(String username, String password, TlsFiles tls) {
    public static final Login NONE = new Login(null, null, null);

    @Override
    public String toString() {
      return "Login[username=" + username + ", tls=" + tls + "]";
    }
  }

  /** What the broker said to a CONNECT. */
  record Welcome(boolean sessionPresent, BrokerLimits limits) {}

  /** A message from the broker. {@code id} is what {@link #ack} takes; QoS 0 has none. */
  record Inbound(int id, int qos, String topic, byte[] payload, MessageProperties properties) {}

  /**
   * Called on the link's own thread, one call at a time. While {@link #message} waits, nothing is
   * read from the broker; acknowledgements still go out.
   */
  interface Listener {
    void message(Inbound message);

    /** At most once, and not after {@link MqttLink#close}. */
    void lost(int reasonCode, String words);
  }

  /** Makes links; nothing is sent before {@link MqttLink#connect}. */
  interface Factory {
    MqttLink open(Settings settings, Listener listener) throws MqttLinkException;
  }

  Welcome connect() throws MqttLinkException;

  /**
   * Subscribes with QoS 1; retained messages come only where a subscription is new, and what this
   * connection's client publishes itself does not come (No Local).
   */
  void subscribe(List<String> filters) throws MqttLinkException;

  /** Acknowledges a QoS 1 message; call in the order of receipt. */
  void ack(int id) throws MqttLinkException;

  /**
   * Publishes with QoS 1, retained; an empty payload deletes. Completes when the broker has
   * acknowledged. The caller keeps at most {@link BrokerLimits#receiveMaximum} open.
   */
  CompletableFuture<Void> publishRetained(
      String topic, byte[] payload, MessageProperties properties);

  /** The same without retaining it. */
  CompletableFuture<Void> publish(String topic, byte[] payload);

  /**
   * Disconnects at once, but after the acknowledgements given before; the broker keeps the session
   * and what is unacknowledged.
   */
  @Override
  void close();
}
