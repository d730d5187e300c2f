package io.fqtfleet.gateway;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/** A device's ear: what comes on one topic. */
final class TestDevice implements AutoCloseable, MqttCallback {
  private static final int TIMEOUT_MS = 20_000;

  final LinkedBlockingQueue<MqttMessage> messages = new LinkedBlockingQueue<>();
  private final MqttAsyncClient client;

  TestDevice(String uri, String id, String topic) throws MqttException {
    client = new MqttAsyncClient(uri, id, new MemoryPersistence());
    client.setCallback(this);
    client.connect().waitForCompletion(TIMEOUT_MS);
    client.subscribe(topic, 1).waitForCompletion(TIMEOUT_MS);
  }

  MqttMessage next() throws InterruptedException {
    MqttMessage message = messages.poll(TIMEOUT_MS, TimeUnit.MILLISECONDS);
    if (message == null) {
      throw new AssertionError("no message within " + TIMEOUT_MS + " ms");
    }
    return message;
  }

  @Override
  public void messageArrived(String topic, MqttMessage message) {
    messages.add(message);
  }

  @Override
  public void close() throws MqttException {
    client.disconnectForcibly(0, 500, true);
    client.close();
  }

  @Override
  public void disconnected(MqttDisconnectResponse response) {}

  @Override
  public void mqttErrorOccurred(MqttException exception) {}

  @Override
  public void deliveryComplete(IMqttToken token) {}

  @Override
  public void connectComplete(boolean reconnect, String uri) {}

  @Override
  public void authPacketArrived(int reasonCode, MqttProperties properties) {}
}
