package io.fqtfleet.gateway.mqtt;

import io.fqtfleet.gateway.mqtt.MessageProperties.User;
import java.util.List;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.UserProperty;

/** The properties of a message in Paho's words and in ours. */
final class PahoProperties {
  private PahoProperties() {}

  static MessageProperties from(MqttProperties said) {
    if (said == null) {
      return MessageProperties.NONE;
    }
    Long expiry = said.getMessageExpiryInterval();
    List<UserProperty> user = said.getUserProperties();
    if (expiry == null && said.getContentType() == null && user.isEmpty()) {
      return MessageProperties.NONE;
    }
    return new MessageProperties(
        said.getContentType(),
        expiry == null ? MessageProperties.NO_EXPIRY : expiry,
        user.stream().map(one -> new User(one.getKey(), one.getValue())).toList());
  }

  static MqttProperties of(MessageProperties properties) {
    MqttProperties said = new MqttProperties();
    if (properties.contentType() != null) {
      said.setContentType(properties.contentType());
    }
    if (properties.expirySeconds() != MessageProperties.NO_EXPIRY) {
      said.setMessageExpiryInterval(properties.expirySeconds());
    }
    said.setUserProperties(
        properties.user().stream().map(one -> new UserProperty(one.name(), one.value())).toList());
    return said;
  }
}
