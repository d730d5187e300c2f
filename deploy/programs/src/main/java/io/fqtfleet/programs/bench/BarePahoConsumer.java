package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.Topics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.net.SocketFactory;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * The least that a client can do with the gateway's subscriptions: acknowledge each message in the
 * callback, by hand, QoS 1, and count. What the gateway loses against it is the gateway's cost.
 */
final class BarePahoConsumer implements AutoCloseable {
  private static final long TIMEOUT_MS = 20_000;
  private static final int QOS = 1;

  private final AtomicLong received = new AtomicLong();
  private final List<MqttAsyncClient> clients = new ArrayList<>();

  /**
   * @param sessions that share the shards, as the gateway's do
   * @param window the Receive Maximum of each
   */
  BarePahoConsumer(String uri, String topicRoot, int sessions, int window) {
    try {
      for (int n = 0; n < sessions; n++) {
        int session = n;
        MqttAsyncClient client =
            new MqttAsyncClient(uri, "bench-bare-" + n, new MemoryPersistence());
        clients.add(client);
        client.setManualAcks(true);
        client.setCallback(new Acknowledge(client));
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setReceiveMaximum(window);
        options.setSocketFactory(new NoDelay());
        client.connect(options).waitForCompletion(TIMEOUT_MS);
        MqttSubscription[] filters =
            IntStream.range(0, Topics.SHARDS)
                .filter(shard -> shard % sessions == session)
                .mapToObj(shard -> new MqttSubscription(topicRoot + Topics.upFilter(shard), QOS))
                .toArray(MqttSubscription[]::new);
        client.subscribe(filters).waitForCompletion(TIMEOUT_MS);
      }
    } catch (MqttException e) {
      throw new IllegalStateException("the bare consumer did not connect to " + uri, e);
    }
  }

  long received() {
    return received.get();
  }

  @Override
  public void close() {
    for (MqttAsyncClient client : clients) {
      try {
        client.disconnect().waitForCompletion(TIMEOUT_MS);
        client.close();
      } catch (MqttException e) {
        throw new IllegalStateException("the bare consumer did not disconnect", e);
      }
    }
  }

  private final class Acknowledge implements MqttCallback {
    private final MqttAsyncClient client;

    private Acknowledge(MqttAsyncClient client) {
      this.client = client;
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) throws Exception {
      client.messageArrivedComplete(message.getId(), QOS);
      received.incrementAndGet();
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
      // What is missing at the end tells of it.
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
      // As above.
    }

    @Override
    public void deliveryComplete(IMqttToken token) {
      // Nothing is published.
    }

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {
      // The constructor waits for it.
    }

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {
      // The broker asks for no login.
    }
  }

  /** As the gateway's sockets: without it the comparison would be with delayed TCP acks. */
  private static final class NoDelay extends SocketFactory {
    private static Socket noDelay(Socket socket) throws IOException {
      socket.setTcpNoDelay(true);
      return socket;
    }

    @Override
    public Socket createSocket() throws IOException {
      return noDelay(new Socket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      return noDelay(new Socket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      return noDelay(new Socket(host, port, local, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      return noDelay(new Socket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      return noDelay(new Socket(host, port, local, localPort));
    }
  }
}
