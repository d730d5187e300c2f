package io.fqtfleet.gateway;

import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import java.nio.file.Path;

class SessionDrainOnArtemisIT extends SessionDrainContract {
  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }
}
