package io.fqtfleet.localstack;

import java.nio.file.Path;

class LocalMqttBrokerIT extends MqttBrokerContract {
  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }
}
