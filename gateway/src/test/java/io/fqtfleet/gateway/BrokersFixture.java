package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.KafkaBroker;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.MqttBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real Kafka, a real broker and the gateways that a test starts between them. */
abstract class BrokersFixture {
  static final String MASTER_KEY = "42".repeat(32);
  static final int SESSIONS = 4;

  @TempDir Path directory;

  KafkaBroker kafka;
  MqttBroker broker;
  private final List<Gateway> gateways = new ArrayList<>();

  abstract MqttBroker broker(Path directory);

  /**
   * Whether the broker delivers first what a connection left unacknowledged, as MQTT 5 demands
   * (section 4.6). Where it does not, only losses are judged after a connection has ended.
   */
  boolean brokerKeepsOrder() {
    return true;
  }

  KafkaBroker kafka(Path directory) {
    return new LocalKafka(directory);
  }

  @BeforeEach
  void startBrokers() {
    kafka = kafka(directory.resolve("kafka"));
    broker = broker(directory.resolve("mqtt"));
    kafka.start();
    broker.start();
  }

  @AfterEach
  void stopAll() {
    gateways.forEach(Gateway::close);
    broker.close();
    kafka.close();
  }

  /** Small and quick: few sessions, short delays. */
  GatewayConfig config(Duration deliveryTimeout) {
    GatewayConfig defaults = GatewayConfig.of(broker.uri(), kafka.bootstrapServers(), MASTER_KEY);
    return new GatewayConfig(
        new GatewayConfig.Mqtt(
            broker.uri(),
            null,
            null,
            null,
            null,
            null,
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            null),
        new GatewayConfig.Kafka(kafka.bootstrapServers(), 4, deliveryTimeout, null, null),
        new GatewayConfig.Uplink(SESSIONS, 64, null, null, Duration.ofSeconds(3)),
        null,
        defaults.keys(),
        defaults.ops());
  }

  Gateway gateway() throws InterruptedException {
    return gateway(config(Duration.ofSeconds(30)));
  }

  Gateway gateway(GatewayConfig config) throws InterruptedException {
    Gateway gateway = new Gateway(config);
    gateways.add(gateway);
    gateway.start();
    assertTrue(gateway.awaitReady(Duration.ofSeconds(60)), () -> gateway.notReady().toString());
    return gateway;
  }
}
