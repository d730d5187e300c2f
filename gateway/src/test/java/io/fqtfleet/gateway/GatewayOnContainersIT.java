package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.fqtfleet.localstack.KafkaBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.localstack.container.ContainerEngine;
import io.fqtfleet.localstack.container.ContainerKafka;
import io.fqtfleet.localstack.container.ContainerMosquitto;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;

class GatewayOnContainersIT extends GatewayContract {
  @BeforeAll
  static void needsContainers() {
    ContainerEngine.missing()
        .ifPresent(
            cause -> {
              if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
                fail(cause);
              }
              abort("SKIPPED: " + cause);
            });
  }

  @Override
  KafkaBroker kafka(Path directory) {
    return new ContainerKafka();
  }

  @Override
  MqttBroker broker(Path directory) {
    return new ContainerMosquitto();
  }
}
