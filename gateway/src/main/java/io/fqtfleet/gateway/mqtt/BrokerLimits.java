package io.fqtfleet.gateway.mqtt;

import java.util.ArrayList;
import java.util.List;

/**
 * What a broker told of itself in its CONNACK (MQTT 5, section 3.2.2.3); what it left out has the
 * value that the standard gives it.
 */
public record BrokerLimits(
    int receiveMaximum,
    long sessionExpirySeconds,
    int maximumQos,
    boolean retainAvailable,
    boolean wildcardsAvailable,
    long packetBytesMax) {
  private static final int NEEDED_QOS = 1;

  /** Topic, properties and fixed header of one of our packets are smaller than this. */
  private static final int PACKET_OVERHEAD_BYTES = 512;

  private static final int LARGEST_RECEIVE_MAXIMUM = 65_535;

  /** A broker without limits that does what it is asked for. */
  public static BrokerLimits none(long sessionExpirySeconds) {
    return new BrokerLimits(
        LARGEST_RECEIVE_MAXIMUM, sessionExpirySeconds, 2, true, true, Long.MAX_VALUE);
  }

  /** Why a gateway cannot work with this broker, with the remedy; empty = it can. */
  public List<String> refusals() {
    List<String> found = new ArrayList<>();
    if (maximumQos < NEEDED_QOS) {
      found.add(
          "the broker takes QoS %d at most, which loses messages; allow QoS 1"
              .formatted(maximumQos));
    }
    if (!retainAvailable) {
      found.add("the broker keeps no retained messages, so budgets are lost; enable them");
    }
    if (!wildcardsAvailable) {
      found.add("the broker refuses subscriptions with wildcards; enable them");
    }
    return found;
  }

  /**
   * What costs messages in the long run, with the remedy.
   *
   * @param wantedExpirySeconds what the CONNECT asked for
   */
  public List<String> warnings(int payloadBytesMax, long wantedExpirySeconds) {
    List<String> found = new ArrayList<>();
    if (sessionExpirySeconds < wantedExpirySeconds) {
      found.add(
          ("the broker keeps the session for %d s only: after a longer absence of the gateway"
                  + " messages are lost; lift the broker's limit")
              .formatted(sessionExpirySeconds));
    }
    if (packetBytesMax < (long) payloadBytesMax + PACKET_OVERHEAD_BYTES) {
      found.add(
          ("the broker takes packets of %d bytes at most: larger messages are refused before the"
                  + " gateway sees them; raise its limit above uplink.payloadBytesMax = %d or lower"
                  + " that")
              .formatted(packetBytesMax, payloadBytesMax));
    }
    return found;
  }

  /** One line for an operator. */
  public String words() {
    return "Receive Maximum %d, session expiry %s, QoS %d, retained %s, wildcards %s, packets %s"
        .formatted(
            receiveMaximum,
            sessionExpirySeconds == MqttLink.Settings.NEVER_EXPIRES
                ? "never"
                : sessionExpirySeconds + " s",
            maximumQos,
            retainAvailable ? "yes" : "no",
            wildcardsAvailable ? "yes" : "no",
            packetBytesMax == Long.MAX_VALUE
                ? "of any size"
                : "up to " + packetBytesMax + " bytes");
  }
}
