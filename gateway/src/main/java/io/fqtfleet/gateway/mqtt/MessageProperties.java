package io.fqtfleet.gateway.mqtt;

import java.util.List;

/**
 * What an MQTT 5 PUBLISH says about itself. A 3.1.1 client's messages have {@link #NONE}.
 *
 * @param contentType null if none is given
 * @param expirySeconds the rest of the message's life, as the broker states it; {@link #NO_EXPIRY}
 *     if it has no end
 * @param user names and values in the sender's order; a name may come several times
 */
public record MessageProperties(String contentType, long expirySeconds, List<User> user) {
  public static final long NO_EXPIRY = -1;
  public static final MessageProperties NONE = new MessageProperties(null, NO_EXPIRY, List.of());

  /** A user property. */
  public record User(String name, String value) {}

  public MessageProperties {
    user = List.copyOf(user);
  }
}
