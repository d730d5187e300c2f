package io.fqtfleet.programs.sim;

import io.fqtfleet.sim.link.MqttAccess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

/**
 * What a scenario runs against.
 *
 * @param bootstrapServers of Kafka; null = what arrives there is not looked at
 * @param kafka further settings of the Kafka client, such as security.protocol
 * @param masterKey of the devices' keys; the gateway has the same
 * @param processes of the target on this machine whose CPU and memory are told: name -> pid
 */
public record SimTarget(
    InetSocketAddress mqtt,
    MqttAccess access,
    String bootstrapServers,
    Map<String, String> kafka,
    byte[] masterKey,
    Map<String, Long> processes) {
  private static final int CONNECT_TIMEOUT_MS = 5_000;

  /** Settings of a client that asks about groups and topics. */
  Map<String, Object> admin() {
    Map<String, Object> config = new HashMap<>(kafka);
    config.put("bootstrap.servers", bootstrapServers);
    return config;
  }

  /** Settings of a client that reads committed records. */
  Map<String, Object> consumer() {
    Map<String, Object> config = admin();
    config.put("isolation.level", "read_committed");
    config.put("default.api.timeout.ms", "15000");
    config.put("fetch.max.wait.ms", "100");
    return config;
  }

  /**
   * Looks whether the MQTT broker is there.
   *
   * @throws IllegalStateException with the remedy
   */
  void requireMqtt() {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(mqtt.getHostString(), mqtt.getPort()), CONNECT_TIMEOUT_MS);
    } catch (IOException e) {
      throw new IllegalStateException(
          "there is no MQTT broker at %s:%d (%s); start it, or correct --mqtt"
              .formatted(mqtt.getHostString(), mqtt.getPort(), e.getMessage()),
          e);
    }
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "SimTarget[mqtt=%s, kafka=%s]".formatted(mqtt, bootstrapServers);
  }
}
