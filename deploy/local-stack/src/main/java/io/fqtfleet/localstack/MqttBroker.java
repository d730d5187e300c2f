package io.fqtfleet.localstack;

/**
 * An MQTT 5 and 3.1.1 broker on 127.0.0.1 that can be stopped and started again on the same port
 * and directory. One suite runs against each implementation.
 */
public interface MqttBroker extends AutoCloseable {
  /** Short name for messages and test reports. */
  String name();

  /** Starts listening; returns when clients are served. No effect while running. */
  void start();

  /** Stops in good order; a persistent broker keeps sessions, queues and retained messages. */
  void stop();

  int port();

  /** Where clients connect: {@code tcp://127.0.0.1:<port>}. */
  default String uri() {
    return "tcp://127.0.0.1:" + port();
  }

  @Override
  default void close() {
    stop();
  }
}
