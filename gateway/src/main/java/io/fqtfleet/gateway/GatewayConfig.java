package io.fqtfleet.gateway;

import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.TlsFiles;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The gateway's settings, read by {@code StrictYaml} from one file; environment variables {@code
 * FQT_GATEWAY_...} win over the file. Every record checks itself and puts defaults for what is
 * absent. The README has the table.
 */
public record GatewayConfig(
    Mqtt mqtt, Kafka kafka, Uplink uplink, Downlink downlink, Keys keys, Ops ops) {
  public static final String ENVIRONMENT_PREFIX = "FQT_GATEWAY";

  public GatewayConfig {
    Problems problems = new Problems();
    problems.require(mqtt != null, "mqtt: is missing; mqtt.uri has no default");
    problems.require(kafka != null, "kafka: is missing; kafka.bootstrapServers has no default");
    problems.require(
        keys != null, "keys: is missing; give keys.masterKey or keys.deviceKeyFile, or both");
    problems.raise();
    uplink = uplink == null ? new Uplink(null, null, null, null, null) : uplink;
    downlink = downlink == null ? new Downlink(null, null, null) : downlink;
    ops = ops == null ? new Ops(null, null) : ops;
  }

  /** Defaults throughout, with the HTTP endpoint on a free port: for tests and the demo. */
  public static GatewayConfig of(String mqttUri, String bootstrapServers, String masterKeyHex) {
    return new GatewayConfig(
        new Mqtt(mqttUri, null, null, null, null, null, null, null, null),
        new Kafka(bootstrapServers, null, null, null, null),
        null,
        null,
        new Keys(masterKeyHex, null, null),
        new Ops(null, 0));
  }

  /**
   * Where the broker is and how patiently it is tried.
   *
   * @param identityProperty user property in which the broker says who sent a message; null = it
   *     does not
   */
  public record Mqtt(
      @Meaning(value = "`tcp://host:port` or `ssl://host:port` of the broker", required = true)
          String uri,
      @Meaning("login, if the broker wants one") String username,
      @Meaning("of that login; better from the environment than from the file") String password,
      Tls tls,
      @Meaning("a dead connection is noticed after about twice this") Duration keepAlive,
      @Meaning("longest wait for CONNACK and SUBACK") Duration timeout,
      @Meaning("first delay after a failure; doubles, with jitter") Duration retryMin,
      @Meaning("longest delay") Duration retryMax,
      @Meaning(
              "user property in which the broker states who sent a message; a message whose topic"
                  + " names another device is dead-lettered `WRONG_IDENTITY`")
          String identityProperty) {
    public Mqtt {
      keepAlive = or(keepAlive, Duration.ofSeconds(20));
      timeout = or(timeout, Duration.ofSeconds(10));
      retryMin = or(retryMin, Duration.ofMillis(500));
      retryMax = or(retryMax, Duration.ofSeconds(15));
      Problems problems = new Problems();
      String scheme = scheme(uri);
      problems.require(
          scheme.equals("tcp") || scheme.equals("ssl"),
          "uri: '%s' is not tcp://host:port or ssl://host:port".formatted(uri));
      problems.require(
          tls == null || !scheme.equals("tcp"),
          "tls: is given for %s, which is plain TCP; write ssl://".formatted(uri));
      tls = tls == null && scheme.equals("ssl") ? new Tls(null, null, null, null) : tls;
      problems.within("keepAlive", keepAlive, Duration.ofSeconds(1), Duration.ofHours(1));
      problems.within("timeout", timeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
      problems.within("retryMin", retryMin, Duration.ofMillis(10), Duration.ofMinutes(5));
      problems.within("retryMax", retryMax, retryMin, Duration.ofMinutes(5));
      problems.require(
          identityProperty == null || !identityProperty.isBlank(),
          "identityProperty: is empty; leave the key out if the broker states no identity");
      problems.raise();
    }

    /** Empty unless the address is whole. */
    private static String scheme(String uri) {
      try {
        URI parsed = new URI(uri == null ? "" : uri);
        boolean whole =
            parsed.getHost() != null && parsed.getPort() > 0 && parsed.getPort() <= 65_535;
        return whole && parsed.getScheme() != null ? parsed.getScheme() : "";
      } catch (URISyntaxException e) {
        return "";
      }
    }

    /** Without the password. */
    @Override
    public String toString() {
      return EffectiveConfig.of(this).toString();
    }

    public MqttLink.Login login() {
      return new MqttLink.Login(username, password, tls == null ? null : tls.files());
    }
  }

  /** PEM files of TLS to the MQTT broker; certificate and key together make it mutual. */
  public record Tls(
      @Meaning("PEM: who may sign the broker's certificate; without it, whom the JVM trusts")
          String caFile,
      @Meaning("PEM chain of the gateway's own certificate: mutual TLS") String certificateFile,
      @Meaning("its private key: PEM, PKCS#8 without a passphrase") String keyFile,
      @Meaning("the broker's certificate must name its host") Boolean verifyHostname) {
    public Tls {
      verifyHostname = or(verifyHostname, true);
      Problems problems = new Problems();
      problems.require(
          (certificateFile == null) == (keyFile == null),
          "certificateFile and keyFile go together; give both or none");
      problems.raise();
      try {
        new TlsFiles(path(caFile), path(certificateFile), path(keyFile), verifyHostname).sockets();
      } catch (TlsFiles.UnusableException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
    }

    TlsFiles files() {
      return new TlsFiles(path(caFile), path(certificateFile), path(keyFile), verifyHostname);
    }

    private static Path path(String file) {
      return file == null ? null : Path.of(file);
    }
  }

  /** {@code client} holds further settings of every Kafka client, such as security. */
  public record Kafka(
      @Meaning(value = "`host:port[,host:port]`", required = true) String bootstrapServers,
      @Meaning("of topics that the gateway has to create") Integer partitions,
      @Meaning("a record not confirmed by then counts as failed") Duration deliveryTimeout,
      @Meaning("batching; 0 saves latency and costs CPU") Duration linger,
      @Meaning(
              "further settings of all Kafka clients (security); those the promises rest on are"
                  + " refused")
          Map<String, String> client) {
    /** Settings on which the promise "none lost, in order" rests. */
    private static final Set<String> OURS =
        Set.of(
            "bootstrap.servers",
            "acks",
            "enable.idempotence",
            "retries",
            "max.in.flight.requests.per.connection",
            "delivery.timeout.ms",
            "linger.ms",
            "group.id",
            "group.protocol",
            "enable.auto.commit",
            "auto.offset.reset",
            "isolation.level",
            "partition.assignment.strategy",
            "session.timeout.ms",
            "transactional.id",
            "partitioner.class",
            "partitioner.ignore.keys",
            "max.request.size",
            "buffer.memory");

    public Kafka {
      partitions = or(partitions, 8);
      deliveryTimeout = or(deliveryTimeout, Duration.ofSeconds(30));
      linger = or(linger, Duration.ofMillis(5));
      client = client == null ? Map.of() : Map.copyOf(client);
      Problems problems = new Problems();
      problems.require(
          bootstrapServers != null && !bootstrapServers.isBlank(),
          "bootstrapServers: is missing; give host:port[,host:port]");
      problems.within("partitions", partitions, 1, 1024);
      problems.within(
          "deliveryTimeout", deliveryTimeout, Duration.ofSeconds(2), Duration.ofMinutes(10));
      problems.within("linger", linger, Duration.ZERO, Duration.ofSeconds(1));
      Set<String> clash = new TreeSet<>(client.keySet());
      clash.retainAll(OURS);
      problems.require(
          clash.isEmpty(),
          "client: %s are set by the gateway itself; remove them".formatted(clash));
      problems.raise();
    }

    /** Without the client's secrets. */
    @Override
    public String toString() {
      return EffectiveConfig.of(this).toString();
    }
  }

  /** Devices to Kafka. {@code window}: messages of one session between MQTT and Kafka. */
  public record Uplink(
      @Meaning("MQTT sessions; must equal the partitions of `fqt.sessions.v1`") Integer sessions,
      @Meaning("messages of one session between MQTT and Kafka") Integer window,
      @Meaning("larger ones become dead letters, cut to 4096 bytes") Integer payloadBytesMax,
      @Meaning("consumer group that owns the sessions") String group,
      @Meaning("a dead gateway's sessions move after this; the downlink's group uses it too")
          Duration ownershipTimeout) {
    public Uplink {
      sessions = or(sessions, 8);
      window = or(window, 512);
      payloadBytesMax = or(payloadBytesMax, 16_384);
      group = or(group, "fqt-gateway-up");
      ownershipTimeout = or(ownershipTimeout, Duration.ofSeconds(10));
      Problems problems = new Problems();
      problems.within("sessions", sessions, 1, 64);
      problems.within("window", window, 1, 65_535);
      // Kafka's default limit of a record is 1 MiB; headers need room beside the payload.
      problems.within("payloadBytesMax", payloadBytesMax, 256, 900_000);
      problems.within(
          "ownershipTimeout", ownershipTimeout, Duration.ofSeconds(1), Duration.ofMinutes(5));
      problems.require(!group.isBlank(), "group: is empty; leave the key out for the default");
      problems.raise();
    }
  }

  /** Kafka to devices. {@code window}: budgets of one partition awaiting the broker's ack. */
  public record Downlink(
      @Meaning("consumer group of the budgets") String group,
      @Meaning("budgets of one partition awaiting PUBACK") Integer window,
      @Meaning(
              "budgets acknowledged within this time before a connection ended are published again:"
                  + " at least the broker's interval of saving plus twice `mqtt.keepAlive`")
          Duration repeat) {
    public Downlink {
      repeat = or(repeat, Duration.ofMinutes(1));
      group = or(group, "fqt-gateway-down");
      window = or(window, 100);
      Problems problems = new Problems();
      problems.within("window", window, 1, 10_000);
      problems.within("repeat", repeat, Duration.ZERO, Duration.ofHours(1));
      problems.require(!group.isBlank(), "group: is empty; leave the key out for the default");
      problems.raise();
    }
  }

  /** Where device keys come from: one master key, a file of single keys, or both (file first). */
  public record Keys(
      @Meaning("64 or more hexadecimal digits; device keys are derived from it by HKDF-SHA-256")
          String masterKey,
      @Meaning("number of the derived keys in the devices' store") Integer keyId,
      @Meaning(
              "YAML of [several keys at once](#exchanging-the-signing-keys), read again when it"
                  + " changes; goes before the master key")
          String deviceKeyFile) {
    private static final int MASTER_KEY_BYTES_MIN = 32;

    public Keys {
      keyId = or(keyId, 1);
      Problems problems = new Problems();
      problems.require(
          masterKey != null || deviceKeyFile != null,
          "masterKey: is missing; give keys.masterKey or keys.deviceKeyFile, or both");
      problems.require(
          masterKey == null || isLongHex(masterKey),
          "masterKey: (not shown) is not %d or more hexadecimal digits"
              .formatted(2 * MASTER_KEY_BYTES_MIN));
      problems.within("keyId", keyId, 0, 255);
      problems.raise();
    }

    private static boolean isLongHex(String text) {
      try {
        return HexFormat.of().parseHex(text).length >= MASTER_KEY_BYTES_MIN;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }

    /** Null without a file. */
    public Path deviceKeyPath() {
      return deviceKeyFile == null ? null : Path.of(deviceKeyFile);
    }

    @Override
    public String toString() {
      return "Keys[keyId=" + keyId + ", deviceKeyFile=" + deviceKeyFile + "]";
    }
  }

  /** The HTTP endpoint of health and metrics. Port 0 = any free one. */
  public record Ops(
      @Meaning("address of `/healthz`, `/readyz` (causes in words), `/metrics`") String host,
      @Meaning("0 = any free one") Integer port) {
    public Ops {
      host = or(host, "127.0.0.1");
      port = or(port, 9464);
      Problems problems = new Problems();
      problems.within("port", port, 0, 65_535);
      problems.raise();
    }
  }

  private static <T> T or(T value, T fallback) {
    return value == null ? fallback : value;
  }

  /** Gathers all that is wrong with one record. */
  private static final class Problems {
    private final List<String> found = new ArrayList<>();

    void require(boolean holds, String problem) {
      if (!holds) {
        found.add(problem);
      }
    }

    <T extends Comparable<T>> void within(String key, T value, T min, T max) {
      if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
        found.add("%s: %s is not in %s..%s".formatted(key, words(value), words(min), words(max)));
      }
    }

    private static String words(Object value) {
      return value instanceof Duration duration ? duration.toMillis() + "ms" : value.toString();
    }

    void raise() {
      if (!found.isEmpty()) {
        throw new IllegalArgumentException(String.join("; ", found));
      }
    }
  }
}
