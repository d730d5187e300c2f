package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The same contract as in this JVM, and what only a process can suffer. */
class ArtemisProcessIT extends MqttBrokerContract {
  @Override
  MqttBroker broker(Path directory) {
    return new ArtemisProcess(directory, directory.resolve("journal"), List.of());
  }

  @Test
  void itIsKilledAndComesBackOnItsPort() {
    ArtemisProcess broker = new ArtemisProcess(directory, directory.resolve("journal"), List.of());
    try (broker) {
      broker.start();
      int port = broker.port();
      broker.kill();
      assertFalse(broker.alive());
      assertFalse(LoopbackPorts.accepts(port));
      broker.start();
      assertTrue(LoopbackPorts.accepts(port));
    }
    assertFalse(broker.alive());
  }
}
