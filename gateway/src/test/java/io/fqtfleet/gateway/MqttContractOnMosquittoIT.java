package io.fqtfleet.gateway;

import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import java.nio.file.Path;

class MqttContractOnMosquittoIT extends MqttContract {
  @Override
  MqttBroker broker(Path directory) {
    GatewayOnMosquittoIT.needsMosquitto();
    return new MosquittoBroker(directory);
  }
}
