package io.fqtfleet.gateway;

import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import java.nio.file.Path;

class GatewayOnArtemisIT extends GatewayContract {
  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }

  /**
   * Under load Artemis 2.55 sometimes gives out later messages before those that an ended
   * connection had not acknowledged. Mosquitto's suite judges the gateway's order.
   */
  @Override
  boolean brokerKeepsOrder() {
    return false;
  }
}
