package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

class MosquittoBrokerIT extends MqttBrokerContract {
  @BeforeAll
  static void needsMosquitto() {
    if (MosquittoBroker.available()) {
      return;
    }
    String missing = "mosquitto is not installed; apt-get install mosquitto";
    if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
      fail(missing);
    }
    abort("SKIPPED: " + missing);
  }

  @Override
  MqttBroker broker(Path directory) {
    return new MosquittoBroker(directory);
  }
}
