package io.fqtfleet.gateway;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;

/**
 * A device's side: publishes with QoS 1, one message after the other, and repeats a message until
 * the broker has acknowledged it.
 */
final class TestPublisher implements AutoCloseable {
  private static final int TIMEOUT_MS = 10_000;
  private static final int ATTEMPTS_MAX = 100;
  private static final AtomicInteger NUMBER = new AtomicInteger();

  record Message(String topic, byte[] payload, boolean retained) {
    Message(String topic, byte[] payload) {
      this(topic, payload, false);
    }
  }

  private final String uri;
  private final String id = "publisher-" + NUMBER.incrementAndGet();
  private MqttAsyncClient client;

  TestPublisher(String uri) {
    this.uri = uri;
  }

  /** Publishes in order; {@code pauseMs} between messages spreads them over time. */
  void publish(List<Message> messages, long pauseMs) throws Exception {
    for (Message message : messages) {
      publish(message);
      if (pauseMs > 0) {
        Thread.sleep(pauseMs);
      }
    }
  }

  void publish(Message message) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        connected()
            .publish(message.topic(), message.payload(), 1, message.retained())
            .waitForCompletion(TIMEOUT_MS);
        return;
      } catch (MqttException e) {
        close();
        if (attempt == ATTEMPTS_MAX) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private MqttAsyncClient connected() throws MqttException {
    if (client == null) {
      MqttAsyncClient opening = new MqttAsyncClient(uri, id, new MemoryPersistence());
      MqttConnectionOptions options = new MqttConnectionOptions();
      options.setCleanStart(true);
      opening.connect(options).waitForCompletion(TIMEOUT_MS);
      client = opening;
    }
    return client;
  }

  @Override
  public void close() throws MqttException {
    if (client != null) {
      MqttAsyncClient closing = client;
      client = null;
      closing.disconnectForcibly(0, 500, true);
      closing.close();
    }
  }
}
