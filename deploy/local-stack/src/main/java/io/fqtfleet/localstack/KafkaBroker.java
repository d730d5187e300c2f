package io.fqtfleet.localstack;

/**
 * A Kafka on 127.0.0.1 that can be stopped and started again on the same port, with its data. One
 * suite runs against each implementation.
 */
public interface KafkaBroker extends AutoCloseable {
  /** Returns when clients are served. No effect while running. */
  void start();

  /** Stops in good order; topics and offsets stay. No effect while stopped. */
  void stop();

  /** {@code 127.0.0.1:<port>}, the same for the life of this object. */
  String bootstrapServers();

  @Override
  default void close() {
    stop();
  }
}
