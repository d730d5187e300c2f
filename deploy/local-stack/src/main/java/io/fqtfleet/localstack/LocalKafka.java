package io.fqtfleet.localstack;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * One Kafka node (KRaft broker and controller) in this JVM, on 127.0.0.1.
 *
 * <p>It may be stopped and started again on the same directory and port, also from a new object.
 * Data survive the end of the process; a power cut may lose what the kernel had not written.
 */
public final class LocalKafka implements KafkaBroker {
  private static final int NODE_ID = 1;

  private final Path directory;
  private final int port;
  private final int controllerPort;
  private final int internalPort;
  private final KafkaLogin login;
  private KafkaRaftServer server;

  /** On a free port. */
  public LocalKafka(Path directory) {
    this(directory, 0);
  }

  /**
   * @param directory of the log; made and formatted at the first start
   * @param port of the broker; 0 = any free one, kept for the life of this object
   */
  public LocalKafka(Path directory, int port) {
    this(directory, port, null);
  }

  private LocalKafka(Path directory, int port, KafkaLogin login) {
    this.directory = directory.toAbsolutePath();
    this.port = LoopbackPorts.choose(port);
    this.controllerPort = LoopbackPorts.free();
    this.internalPort = LoopbackPorts.free();
    this.login = login;
  }

  /** With a free port that wants TLS and a password. */
  public static LocalKafka withLogin(Path directory, KafkaLogin login) {
    return new LocalKafka(directory, 0, login);
  }

  @Override
  public synchronized void start() {
    if (server != null) {
      return;
    }
    LoopbackPorts.requireFree(port, "Kafka");
    LoopbackPorts.requireFree(controllerPort, "Kafka's controller");
    List<String> more = login == null ? List.of() : login.formatArguments();
    KafkaStorage.format(directory, Uuid.randomUuid().toString(), settings(), more);
    KafkaRaftServer starting = new KafkaRaftServer(new KafkaConfig(settings(), false), Time.SYSTEM);
    try {
      starting.startup();
    } catch (RuntimeException e) {
      starting.shutdown();
      throw new IllegalStateException(
          "Kafka did not start on %s with the directory %s"
              .formatted(bootstrapServers(), directory),
          e);
    }
    server = starting;
  }

  @Override
  public synchronized void stop() {
    if (server == null) {
      return;
    }
    server.shutdown();
    server.awaitShutdown();
    server = null;
  }

  public synchronized boolean running() {
    return server != null;
  }

  @Override
  public String bootstrapServers() {
    return LoopbackPorts.HOST + ":" + port;
  }

  public int port() {
    return port;
  }

  private Map<String, String> settings() {
    Map<String, String> s = new HashMap<>();
    s.put("process.roles", "broker,controller");
    s.put("node.id", Integer.toString(NODE_ID));
    s.put(
        "listeners",
        "PLAINTEXT://%s:%d,CONTROLLER://%s:%d"
            .formatted(LoopbackPorts.HOST, port, LoopbackPorts.HOST, controllerPort));
    s.put("advertised.listeners", "PLAINTEXT://" + bootstrapServers());
    s.put("controller.listener.names", "CONTROLLER");
    s.put("controller.quorum.voters", NODE_ID + "@" + LoopbackPorts.HOST + ":" + controllerPort);
    s.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("log.dirs", directory.toString());
    KafkaStorage.replicas(s, 1);
    KafkaStorage.small(s);
    if (login != null) {
      guard(s);
    }
    return s;
  }

  /** Clients come over TLS with a password; the node reaches itself by a port of its own. */
  private void guard(Map<String, String> s) {
    String host = LoopbackPorts.HOST;
    s.put(
        "listeners",
        "CLIENTS://%s:%d,INTERNAL://%s:%d,CONTROLLER://%s:%d"
            .formatted(host, port, host, internalPort, host, controllerPort));
    s.put(
        "advertised.listeners",
        "CLIENTS://%s:%d,INTERNAL://%s:%d".formatted(host, port, host, internalPort));
    s.put("inter.broker.listener.name", "INTERNAL");
    s.put(
        "listener.security.protocol.map",
        "CLIENTS:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.putAll(login.settings());
  }
}
