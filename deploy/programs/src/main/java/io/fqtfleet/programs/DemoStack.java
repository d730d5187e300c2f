package io.fqtfleet.programs;

import io.fqtfleet.gateway.Gateway;
import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.streams.StreamsService;
import io.fqtfleet.streams.StreamsSettings;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;

/** Kafka, MQTT broker, gateway and streams in this JVM, on loopback and free ports. */
final class DemoStack implements AutoCloseable {
  private static final Duration READY_TIMEOUT = Duration.ofSeconds(90);

  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final LocalKafka kafka;
  private final LocalMqttBroker broker;
  private final Gateway gateway;
  private final StreamsService streams;
  private final String consoleToken = newToken();

  /**
   * Returns when reports can flow; the caller closes it whatever happens afterwards.
   *
   * @param devices of the whole fleet, for the thresholds of the drift detectors
   */
  DemoStack(Path directory, byte[] masterKey, int devices) throws InterruptedException {
    kafka = new LocalKafka(directory.resolve("kafka"));
    broker = new LocalMqttBroker(directory.resolve("mqtt"));
    try {
      kafka.start();
      started.push(kafka);
      broker.start();
      started.push(broker);
      gateway =
          new Gateway(
              GatewayConfig.of(
                  broker.uri(), kafka.bootstrapServers(), HexFormat.of().formatHex(masterKey)));
      started.push(gateway);
      gateway.start();
      streams =
          new StreamsService(
              StreamsSettings.of(kafka.bootstrapServers(), directory.resolve("streams"), devices)
                  .withConsole(new StreamsSettings.Console(null, consoleToken, null, null, null)));
      started.push(streams);
      streams.start();
      if (!gateway.awaitReady(READY_TIMEOUT)) {
        throw new IllegalStateException("the gateway is not ready: " + gateway.notReady());
      }
      if (!streams.awaitReady(READY_TIMEOUT)) {
        throw new IllegalStateException(
            "streams is not ready after " + READY_TIMEOUT.toSeconds() + " s; see the log");
      }
    } catch (RuntimeException | InterruptedException e) {
      close();
      throw e;
    }
  }

  private static String newToken() {
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  /** Logs in as operator; the token is in the fragment, which no browser sends. */
  String console() {
    return "http://127.0.0.1:" + streams.opsPort() + "/#token=" + consoleToken;
  }

  String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  InetSocketAddress mqtt() {
    return new InetSocketAddress("127.0.0.1", broker.port());
  }

  Gateway gateway() {
    return gateway;
  }

  StreamsService streams() {
    return streams;
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
