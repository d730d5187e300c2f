package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

class SessionDrainOnMosquittoIT extends SessionDrainContract {
  @BeforeAll
  static void needsMosquitto() {
    if (MosquittoBroker.available()) {
      return;
    }
    String missing = "SKIPPED: mosquitto is not installed; apt-get install mosquitto";
    if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
      fail(missing);
    }
    abort(missing);
  }

  @Override
  MqttBroker broker(Path directory) {
    return new MosquittoBroker(directory);
  }
}
