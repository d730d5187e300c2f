package io.fqtfleet.gateway.mqtt;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Eclipse Paho 1.2.5 behind our interface; with {@link PahoProperties} the only class that imports
 * it.
 *
 * <p>What it guards against: Paho swallows exceptions of the message callback (and would have
 * acknowledged the message in its automatic mode), keeps the reconnect delay in a static field,
 * throws when more than the broker's Receive Maximum is open, resolves incoming topic aliases
 * wrongly, stores to disk by default and ends the connection at a control character in a topic
 * ({@link TextGuard}).
 */
public final class PahoMqttLink implements MqttLink {
  static {
    org.eclipse.paho.mqttv5.client.logging.LoggerFactory.setLogger(PahoSilence.class.getName());
  }

  private static final Logger LOG = LoggerFactory.getLogger(PahoMqttLink.class);
  private static final int QOS = 1;
  private static final int RETAINED_ONLY_FOR_NEW_SUBSCRIPTIONS = 1;
  private static final int FIRST_ERROR_CODE = 0x80;
  private static final long FAREWELL_TIMEOUT_MS = 500;

  private final Settings settings;
  private final Listener listener;
  private final MqttAsyncClient client;
  private final AtomicBoolean ended = new AtomicBoolean();

  public PahoMqttLink(Settings settings, Listener listener) throws MqttLinkException {
    this.settings = settings;
    this.listener = listener;
    try {
      client =
          new MqttAsyncClient(
              PahoModules.guarded(settings.uri()), settings.clientId(), new MemoryPersistence());
    } catch (MqttException | IllegalArgumentException e) {
      throw new MqttLinkException("no MQTT client for " + settings.uri(), e);
    }
    client.setManualAcks(true);
    client.setCallback(new Callback());
  }

  @Override
  public Welcome connect() throws MqttLinkException {
    try {
      IMqttToken token = client.connect(options());
      token.waitForCompletion(settings.timeout().toMillis());
      return new Welcome(token.getSessionPresent(), limits(token.getResponseProperties()));
    } catch (MqttException e) {
      throw failed("cannot connect to", e);
    }
  }

  private BrokerLimits limits(MqttProperties said) {
    BrokerLimits none = BrokerLimits.none(settings.sessionExpirySeconds());
    if (said == null) {
      return none;
    }
    return new BrokerLimits(
        or(said.getReceiveMaximum(), none.receiveMaximum()),
        or(said.getSessionExpiryInterval(), none.sessionExpirySeconds()),
        or(said.getMaximumQoS(), none.maximumQos()),
        or(said.isRetainAvailable(), none.retainAvailable()),
        said.isWildcardSubscriptionsAvailable(),
        or(said.getMaximumPacketSize(), none.packetBytesMax()));
  }

  private static <T> T or(T value, T fallback) {
    return value == null ? fallback : value;
  }

  private MqttConnectionOptions options() throws MqttLinkException {
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setCleanStart(settings.cleanStart());
    options.setSessionExpiryInterval(settings.sessionExpirySeconds());
    options.setReceiveMaximum(settings.receiveMaximum());
    options.setTopicAliasMaximum(0);
    options.setUseSubscriptionIdentifiers(false);
    options.setAutomaticReconnect(false);
    options.setKeepAliveInterval((int) settings.keepAlive().toSeconds());
    options.setConnectionTimeout((int) Math.max(1, settings.timeout().toSeconds()));
    TlsFiles tls = settings.login().tls();
    try {
      options.setSocketFactory(tls == null ? new NoDelaySockets() : tls.sockets());
    } catch (TlsFiles.UnusableException e) {
      throw new MqttLinkException("no TLS to " + settings.uri() + ": " + e.getMessage(), e);
    }
    options.setHttpsHostnameVerificationEnabled(tls != null && tls.verifyHostname());
    if (settings.login().username() != null) {
      options.setUserName(settings.login().username());
    }
    if (settings.login().password() != null) {
      options.setPassword(settings.login().password().getBytes(StandardCharsets.UTF_8));
    }
    return options;
  }

  @Override
  public void subscribe(List<String> filters) throws MqttLinkException {
    MqttSubscription[] subscriptions =
        filters.stream().map(PahoMqttLink::subscription).toArray(MqttSubscription[]::new);
    try {
      IMqttToken token = client.subscribe(subscriptions);
      token.waitForCompletion(settings.timeout().toMillis());
      int[] codes = token.getReasonCodes();
      for (int i = 0; codes != null && i < codes.length; i++) {
        if (codes[i] >= FIRST_ERROR_CODE || codes[i] != QOS) {
          throw new MqttLinkException(
              "%s granted code 0x%02X instead of QoS 1 to the subscription %s of %s"
                  .formatted(settings.uri(), codes[i], filters.get(i), settings.clientId()));
        }
      }
    } catch (MqttException e) {
      throw failed("cannot subscribe at", e);
    }
  }

  private static MqttSubscription subscription(String filter) {
    MqttSubscription subscription = new MqttSubscription(filter, QOS);
    subscription.setRetainHandling(RETAINED_ONLY_FOR_NEW_SUBSCRIPTIONS);
    subscription.setNoLocal(true);
    return subscription;
  }

  @Override
  public void ack(int id) throws MqttLinkException {
    try {
      client.messageArrivedComplete(id, QOS);
    } catch (MqttException | RuntimeException e) {
      // Paho's fields become null when it is closed meanwhile.
      throw failed("cannot acknowledge message " + id + " to", e);
    }
  }

  @Override
  public CompletableFuture<Void> publishRetained(
      String topic, byte[] payload, MessageProperties properties) {
    return publish(topic, new MqttMessage(payload, QOS, true, PahoProperties.of(properties)));
  }

  @Override
  public CompletableFuture<Void> publish(String topic, byte[] payload) {
    return publish(topic, new MqttMessage(payload, QOS, false, new MqttProperties()));
  }

  private CompletableFuture<Void> publish(String topic, MqttMessage message) {
    CompletableFuture<Void> acknowledged = new CompletableFuture<>();
    try {
      client.publish(topic, message, null, new Completion(topic, acknowledged));
    } catch (MqttException | RuntimeException e) {
      acknowledged.completeExceptionally(failed("cannot publish " + topic + " to", e));
    }
    return acknowledged;
  }

  @Override
  public void close() {
    boolean connected = !ended.getAndSet(true) && client.isConnected();
    try {
      client.disconnectForcibly(0, FAREWELL_TIMEOUT_MS, connected);
      client.close();
    } catch (MqttException | RuntimeException e) {
      LOG.debug("client={} closing the connection: {}", settings.clientId(), e.toString());
    }
  }

  private MqttLinkException failed(String attempt, Exception cause) {
    Throwable root = cause.getCause() == null ? cause : cause.getCause();
    return new MqttLinkException(
        "%s %s as %s: %s".formatted(attempt, settings.uri(), settings.clientId(), root), cause);
  }

  /** Completes a publish; a PUBACK may carry an error code. */
  private record Completion(String topic, CompletableFuture<Void> acknowledged)
      implements MqttActionListener {
    @Override
    public void onSuccess(IMqttToken token) {
      int[] codes = token.getReasonCodes();
      if (codes != null && codes.length > 0 && codes[0] >= FIRST_ERROR_CODE) {
        acknowledged.completeExceptionally(
            new MqttLinkException(
                "the broker refused %s with code 0x%02X".formatted(topic, codes[0])));
      } else {
        acknowledged.complete(null);
      }
    }

    @Override
    public void onFailure(IMqttToken token, Throwable cause) {
      acknowledged.completeExceptionally(
          new MqttLinkException("publishing " + topic + " was not acknowledged", cause));
    }
  }

  /** Paho's callbacks; nothing is thrown into Paho, which would swallow it. */
  private final class Callback implements MqttCallback {
    @Override
    public void messageArrived(String topic, MqttMessage message) {
      if (ended.get()) {
        return;
      }
      try {
        listener.message(
            new Inbound(
                message.getId(),
                message.getQos(),
                topic,
                message.getPayload(),
                PahoProperties.from(message.getProperties())));
      } catch (RuntimeException e) {
        LOG.error("client={} topic={} our listener failed", settings.clientId(), topic, e);
        lost(NO_REASON_CODE, "our listener failed: " + e);
      }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
      MqttException cause = response.getException();
      if (cause == null) {
        lost(
            response.getReturnCode(),
            "the broker disconnected with code 0x%02X".formatted(response.getReturnCode()));
      } else {
        lost(NO_REASON_CODE, "the connection broke: " + cause);
      }
    }

    private void lost(int reasonCode, String words) {
      if (!ended.getAndSet(true)) {
        listener.lost(reasonCode, words);
      }
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {
      LOG.debug("client={} {}", settings.clientId(), exception.toString());
    }

    @Override
    public void deliveryComplete(IMqttToken token) {
      // Completion does this per message.
    }

    @Override
    public void connectComplete(boolean reconnect, String uri) {
      // connect() waits for this.
    }

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {
      LOG.debug("client={} unexpected AUTH packet", settings.clientId());
    }
  }
}
