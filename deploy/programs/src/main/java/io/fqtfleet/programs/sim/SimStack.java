package io.fqtfleet.programs.sim;

import io.fqtfleet.localstack.KafkaCluster;
import io.fqtfleet.localstack.MqttBrokerProcess;
import io.fqtfleet.sim.link.MqttAccess;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Kafka, MQTT broker, gateway and streams on loopback, each a process, so that what each costs can
 * be told. The services run as they are shipped, with their defaults.
 */
public final class SimStack implements AutoCloseable {
  /** The children of this project start quickly by default; here they shall run fast. */
  private static final String FAST = "-XX:TieredStopAtLevel=4";

  private final byte[] masterKey;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final KafkaCluster kafka;
  private final MqttBrokerProcess broker;
  private final Map<String, Long> processes = new LinkedHashMap<>();

  /**
   * Returns when reports can flow.
   *
   * @param devices of the whole fleet, for the thresholds of the drift detectors
   * @param mqttBroker not started yet
   */
  public SimStack(Path directory, byte[] masterKey, int devices, MqttBrokerProcess mqttBroker) {
    this.masterKey = masterKey.clone();
    kafka = new KafkaCluster(directory.resolve("kafka"), 1, List.of(FAST, "-Xmx512m"));
    broker = mqttBroker;
    try {
      started.push(kafka);
      kafka.start();
      processes.put("kafka", kafka.pid(0));
      started.push(broker::stop);
      broker.start();
      processes.put("mqttBroker", broker.pid());
      ServiceProcess gateway =
          ServiceProcess.gateway(directory, gatewayConfiguration(), List.of(FAST, "-Xmx512m"));
      started.push(gateway);
      processes.put("gateway", gateway.pid());
      ServiceProcess streams =
          ServiceProcess.streams(
              directory,
              streamsConfiguration(directory.resolve("state"), devices),
              List.of(FAST, "-Xmx768m"));
      started.push(streams);
      processes.put("streams", streams.pid());
      gateway.awaitReady();
      streams.awaitReady();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private String gatewayConfiguration() {
    return """
    mqtt:
      uri: %s
    kafka:
      bootstrapServers: %s
    keys:
      masterKey: %s
    """
        .formatted(broker.uri(), kafka.bootstrapServers(), HexFormat.of().formatHex(masterKey));
  }

  private String streamsConfiguration(Path state, int devices) {
    return """
    kafka:
      bootstrapServers: %s
    application:
      stateDirectory: %s
    detection:
      fleetDevices: %d
    """
        .formatted(kafka.bootstrapServers(), state, devices);
  }

  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  public SimTarget target() {
    return new SimTarget(
        new InetSocketAddress("127.0.0.1", broker.port()),
        MqttAccess.OPEN,
        kafka.bootstrapServers(),
        Map.of(),
        masterKey,
        processes);
  }

  @Override
  public void close() {
    while (!started.isEmpty()) {
      AutoCloseable part = started.pop();
      try {
        part.close();
      } catch (Exception e) {
        // The rest must still be stopped.
        System.err.println("fleet: " + part.getClass().getSimpleName() + " did not stop: " + e);
      }
    }
  }
}
