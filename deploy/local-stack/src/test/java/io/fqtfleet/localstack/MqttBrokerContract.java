package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the gateway needs from a broker. */
abstract class MqttBrokerContract {
  private static final long TIMEOUT_MS = 10_000;
  private static final int RECEIVE_MAXIMUM = 10;
  private static final long FOR_EVER = 0xFFFF_FFFFL;

  @TempDir Path directory;

  abstract MqttBroker broker(Path directory);

  @Test
  void aSessionKeepsItsQueueInOrderWhileItsClientIsAwayAndOverARestart() throws Exception {
    // Above Mosquitto's default queue limit of 1000, where messages would vanish.
    int count = 1500;
    try (MqttBroker broker = broker(directory)) {
      broker.start();
      Client reader = new Client(broker, "reader", false);
      reader.client.subscribe("up/#", 1).waitForCompletion(TIMEOUT_MS);
      reader.close();
      publish(broker, count);

      broker.stop();
      broker.start();

      Client again = new Client(broker, "reader", false);
      List<String> expected = IntStream.range(0, count).mapToObj(i -> "m" + i).toList();
      assertEquals(expected, again.take(count));
      again.close();
    }
  }

  @Test
  void everySubscriptionIsServedWhenTogetherTheyExceedTheReceiveMaximum() throws Exception {
    int subscriptions = 8;
    int each = 50;
    try (MqttBroker broker = broker(directory)) {
      broker.start();
      Client reader = new Client(broker, "reader", false);
      for (int i = 0; i < subscriptions; i++) {
        reader.client.subscribe("up/" + i + "/#", 1).waitForCompletion(TIMEOUT_MS);
      }
      reader.close();
      Client publisher = new Client(broker, "publisher", false);
      for (int i = 0; i < subscriptions * each; i++) {
        publisher
            .client
            .publish("up/" + i % subscriptions + "/a", bytes("m" + i), 1, false)
            .waitForCompletion(TIMEOUT_MS);
      }
      publisher.close();
      // Artemis wakes only the subscription of the acknowledged message; the others would stand.
      Client again = new Client(broker, "reader", false);
      assertEquals(subscriptions * each, again.take(subscriptions * each).size());
      again.close();
    }
  }

  @Test
  void anUnacknowledgedMessageComesBackAsOftenAsItTakes() throws Exception {
    try (MqttBroker broker = broker(directory)) {
      broker.start();
      Client first = new Client(broker, "reader", true);
      first.client.subscribe("up/#", 1).waitForCompletion(TIMEOUT_MS);
      publish(broker, 1);
      assertEquals(List.of("m0"), first.take(1));
      first.close();
      // Artemis gives a message up after ten deliveries unless told otherwise.
      for (int attempt = 0; attempt < 12; attempt++) {
        Client next = new Client(broker, "reader", true);
        assertEquals(List.of("m0"), next.take(1), "attempt " + attempt);
        next.close();
      }
    }
  }

  @Test
  void aRetainedMessageSurvivesARestartAndIsDeletedByAnEmptyOne() throws Exception {
    try (MqttBroker broker = broker(directory)) {
      broker.start();
      retain(broker, "kept");
      broker.stop();
      broker.start();
      Client reader = new Client(broker, "late", false);
      reader.client.subscribe("down/x", 1).waitForCompletion(TIMEOUT_MS);
      assertEquals(List.of("kept"), reader.take(1));
      reader.close();

      retain(broker, "");
      Client later = new Client(broker, "later", false);
      later.client.subscribe("down/x", 1).waitForCompletion(TIMEOUT_MS);
      assertNull(later.messages.poll(500, TimeUnit.MILLISECONDS));
      later.close();
    }
  }

  @Test
  void startAndStopMayBeRepeated() {
    try (MqttBroker broker = broker(directory)) {
      broker.stop();
      broker.start();
      broker.start();
      assertTrue(LoopbackPorts.accepts(broker.port()));
      broker.stop();
      broker.stop();
      assertFalse(LoopbackPorts.accepts(broker.port()));
    }
  }

  /** New devices and new sessions are stored meanwhile, which keeps the broker's threads busy. */
  @Test
  void messagesOfADeviceStayInOrderWhileOthersJoinAndTheReaderComesAndGoes() throws Exception {
    int devices = 100;
    int each = 30;
    try (MqttBroker broker = broker(directory)) {
      broker.start();
      Client reader = new Client(broker, "reader", true);
      for (int shard = 0; shard < 8; shard++) {
        reader.client.subscribe("up/" + shard + "/#", 1).waitForCompletion(TIMEOUT_MS);
      }
      reader.close();
      var publishing = new Thread(() -> publishPipelined(broker, devices, each));
      var joining = new Thread(() -> joinWhile(broker, publishing));
      publishing.start();
      joining.start();
      Map<String, Integer> seen = new HashMap<>();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (seen.values().stream().mapToInt(last -> last).sum() < devices * each) {
        assertTrue(System.nanoTime() < deadline, () -> "not all came: " + seen);
        Client again = new Client(broker, "reader", true, 200);
        List<String> taken = again.take(200, 100);
        for (int i = 0; i < taken.size(); i++) {
          String message = taken.get(i);
          String device = message.substring(0, message.indexOf(' '));
          int number = Integer.parseInt(message.substring(device.length() + 1));
          int before = seen.getOrDefault(device, 0);
          assertTrue(number <= before + 1, message + " came after " + before);
          seen.put(device, Math.max(before, number));
        }
        again.ackFirst(taken.size() / 2 + 1);
        again.close();
      }
      publishing.join();
      joining.join();
    }
  }

  private static void joinWhile(MqttBroker broker, Thread publishing) {
    try {
      for (int i = 0; publishing.isAlive(); i++) {
        Client client = new Client(broker, "session" + i, false);
        client.client.subscribe("down/" + i, 1).waitForCompletion(TIMEOUT_MS);
        client.close();
      }
    } catch (MqttException e) {
      throw new IllegalStateException("joining failed", e);
    }
  }

  private static void publishPipelined(MqttBroker broker, int devices, int each) {
    try {
      Client publisher = new Client(broker, "devices", false);
      List<IMqttToken> sent = new ArrayList<>();
      for (int n = 1; n <= each; n++) {
        for (int d = 0; d < devices; d++) {
          String topic = "up/" + d % 8 + "/d" + d;
          sent.add(publisher.client.publish(topic, bytes("d" + d + " " + n), 1, false));
        }
      }
      for (IMqttToken token : sent) {
        token.waitForCompletion(TIMEOUT_MS);
      }
      publisher.close();
    } catch (MqttException e) {
      throw new IllegalStateException("publishing failed", e);
    }
  }

  private static void publish(MqttBroker broker, int count) throws MqttException {
    Client publisher = new Client(broker, "publisher", false);
    for (int i = 0; i < count; i++) {
      publisher.client.publish("up/a", bytes("m" + i), 1, false).waitForCompletion(TIMEOUT_MS);
    }
    publisher.close();
  }

  private static void retain(MqttBroker broker, String text) throws MqttException {
    Client publisher = new Client(broker, "publisher", false);
    publisher.client.publish("down/x", bytes(text), 1, true).waitForCompletion(TIMEOUT_MS);
    publisher.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A client with a session that never expires. */
  private static final class Client {
    final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    final MqttAsyncClient client;
    private final LinkedBlockingQueue<Integer> ids = new LinkedBlockingQueue<>();

    Client(MqttBroker broker, String id, boolean neverAcks) throws MqttException {
      this(broker, id, neverAcks, RECEIVE_MAXIMUM);
    }

    Client(MqttBroker broker, String id, boolean neverAcks, int receiveMaximum)
        throws MqttException {
      client = new MqttAsyncClient(broker.uri(), id, new MemoryPersistence());
      client.setManualAcks(neverAcks);
      client.setCallback(
          new QuietCallback() {
            @Override
            public void messageArrived(String topic, MqttMessage message) {
              ids.add(message.getId());
              messages.add(new String(message.getPayload(), StandardCharsets.UTF_8));
            }
          });
      MqttConnectionOptions options = new MqttConnectionOptions();
      options.setCleanStart(false);
      options.setSessionExpiryInterval(FOR_EVER);
      options.setReceiveMaximum(receiveMaximum);
      client.connect(options).waitForCompletion(TIMEOUT_MS);
    }

    List<String> take(int count) throws InterruptedException {
      return take(count, TIMEOUT_MS);
    }

    /** Fewer if the next one does not come in time. */
    List<String> take(int count, long patienceMs) throws InterruptedException {
      var taken = new ArrayList<String>();
      while (taken.size() < count) {
        String next = messages.poll(patienceMs, TimeUnit.MILLISECONDS);
        if (next == null) {
          break;
        }
        taken.add(next);
      }
      return taken;
    }

    void ackFirst(int count) throws MqttException {
      for (int i = 0; i < count && !ids.isEmpty(); i++) {
        client.messageArrivedComplete(ids.remove(), 1);
      }
    }

    void close() throws MqttException {
      client.disconnect().waitForCompletion(TIMEOUT_MS);
      client.close();
    }
  }
}
