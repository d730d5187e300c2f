package io.fqtfleet.sim.link;

import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttClientTransportConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.signal.Chance;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * MQTT 3.1.1 as the firmware speaks it, by the HiveMQ client: all links of a process share a few
 * Netty threads. The only class that imports the client.
 */
public final class HiveMqLink implements DeviceLink {
  private static final Logger LOG = LoggerFactory.getLogger(HiveMqLink.class);

  /** Of a device with a connection of its own. */
  public static final int IN_FLIGHT_MAX = 16;

  private static final int KEEP_ALIVE_S = 20;

  /** From an open TCP connection to the broker's answer. */
  private static final int CONNECT_TIMEOUT_S = 10;

  private static final long FIRST_RETRY_MS = 300;
  private static final long LAST_RETRY_MS = 5_000;
  private static final long LEAVE_TIMEOUT_MS = 3_000;

  private final String device;
  private final int inFlightMax;
  private final Mqtt3AsyncClient client;
  private final Chance jitter;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicBoolean complained = new AtomicBoolean();
  private volatile boolean everConnected;
  private volatile boolean leaving;
  private volatile List<String> filters;
  private volatile Listener listener;

  /**
   * @param device id of the device and of the MQTT client
   * @param seed of the jitter between attempts
   */
  public HiveMqLink(String device, InetSocketAddress broker, long seed) {
    this(device, broker, MqttAccess.OPEN, IN_FLIGHT_MAX, seed);
  }

  /**
   * @param inFlightMax messages that may wait for their acknowledgement before {@link #hasRoom} is
   *     false
   */
  public HiveMqLink(
      String device, InetSocketAddress broker, MqttAccess access, int inFlightMax, long seed) {
    this.device = device;
    this.inFlightMax = inFlightMax;
    this.jitter = new Chance(Chance.seed(seed, "reconnect"));
    var transport =
        MqttClientTransportConfig.builder()
            .serverHost(broker.getHostString())
            .serverPort(broker.getPort())
            .mqttConnectTimeout(CONNECT_TIMEOUT_S, TimeUnit.SECONDS);
    if (access.from() != null) {
      transport = transport.localAddress(access.from());
    }
    if (access.tls()) {
      transport =
          access.ca() == null
              ? transport.sslWithDefaultConfig()
              : transport.sslConfig().trustManagerFactory(access.authorities()).applySslConfig();
    }
    Mqtt3ClientBuilder builder =
        Mqtt3Client.builder()
            .identifier(device)
            .transportConfig(transport.build())
            .addConnectedListener(context -> onConnected())
            .addDisconnectedListener(this::onDisconnected);
    if (access.username() != null) {
      byte[] password =
          access.password() == null
              ? new byte[0]
              : access.password().getBytes(StandardCharsets.UTF_8);
      builder =
          builder.simpleAuth().username(access.username()).password(password).applySimpleAuth();
    }
    this.client = builder.buildAsync();
  }

  @Override
  public void open(Outgoing lastWill, String budgetTopic, Listener deviceListener) {
    open(lastWill, List.of(budgetTopic), deviceListener);
  }

  /**
   * The same with several filters.
   *
   * @param lastWill null = none
   */
  void open(Outgoing lastWill, List<String> topicFilters, Listener deviceListener) {
    filters = topicFilters;
    listener = deviceListener;
    client
        .connectWith()
        .cleanSession(true)
        .keepAlive(KEEP_ALIVE_S)
        .willPublish(lastWill == null ? null : publish(lastWill))
        .send()
        .whenComplete(
            (ack, failure) -> {
              if (failure != null && !leaving) {
                LOG.debug("device={} connect failed: {}", device, failure.toString());
              }
            });
  }

  /** A retained budget comes with every subscription, and repeating one is harmless. */
  private void onConnected() {
    everConnected = true;
    if (complained.getAndSet(false)) {
      LOG.debug("device={} connected again", device);
    }
    filters.forEach(this::subscribe);
    listener.connected();
  }

  private void subscribe(String filter) {
    client
        .subscribeWith()
        .topicFilter(filter)
        .qos(MqttQos.AT_LEAST_ONCE)
        .callback(
            message -> listener.message(message.getTopic().toString(), message.getPayloadAsBytes()))
        .send()
        .whenComplete(
            (ack, failure) -> {
              if (failure instanceof Mqtt3SubAckException) {
                LOG.warn("device={} the broker refuses {}", device, filter, failure);
                client.disconnect();
              }
            });
  }

  private void onDisconnected(MqttClientDisconnectedContext context) {
    if (leaving) {
      return;
    }
    int attempt = context.getReconnector().getAttempts();
    long delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS << Math.min(attempt, 10));
    long jittered;
    synchronized (jitter) {
      jittered = (long) (delay * (0.5 + jitter.uniform()));
    }
    if (!complained.getAndSet(true)) {
      LOG.debug("device={} link down, retrying: {}", device, context.getCause().toString());
    }
    context
        .getReconnector()
        .reconnect(true)
        .delay(jittered, TimeUnit.MILLISECONDS)
        .resubscribeIfSessionExpired(false)
        .republishIfSessionExpired(true);
  }

  @Override
  public boolean hasRoom() {
    return everConnected && !leaving && inFlight.get() < inFlightMax;
  }

  @Override
  public void publish(Outgoing message, Runnable onAcked) {
    inFlight.incrementAndGet();
    client
        .publish(publish(message))
        .whenComplete(
            (sent, failure) -> {
              inFlight.decrementAndGet();
              if (failure == null) {
                onAcked.run();
              } else if (!leaving) {
                LOG.warn("device={} lost a {} message", device, message.kind(), failure);
              }
            });
  }

  private static Mqtt3Publish publish(Outgoing message) {
    return Mqtt3Publish.builder()
        .topic(message.topic())
        .payload(message.payload())
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(message.retained())
        .build();
  }

  @Override
  public int inFlight() {
    return inFlight.get();
  }

  @Override
  public boolean isConnected() {
    return client.getState() == MqttClientState.CONNECTED;
  }

  @Override
  public void leave(Outgoing farewell) {
    if (!isConnected()) {
      close();
      return;
    }
    CompletableFuture<Void> gone =
        client
            .publish(publish(farewell))
            .thenCompose(
                sent -> {
                  leaving = true;
                  return client.disconnect();
                });
    try {
      gone.get(LEAVE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("device={} left without a farewell: {}", device, e.toString());
      close();
    }
  }

  /**
   * The client has no way to drop a connection unheard; a disconnect without a farewell leaves the
   * retained birth message in place.
   */
  @Override
  public void close() {
    leaving = true;
    client.disconnect().exceptionally(failure -> null);
  }
}
