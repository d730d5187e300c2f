package io.fqtfleet.gateway;

import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import java.nio.file.Path;

class SessionDrainOnArtemisIT extends SessionDrainContract {
  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }

  /**
   * Artemis 2.55 may swap two messages of a device under load before a gateway sees them. The
   * embedded broker's own order is judged by its suite, MqttBrokerContract.
   */
  @Override
  boolean brokerKeepsOrder() {
    return false;
  }
}
