package io.fqtfleet.localstack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
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
  private static final String FORMATTED = "meta.properties";

  private final Path directory;
  private final int port;
  private final int controllerPort;
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
    this.directory = directory.toAbsolutePath();
    this.port = LoopbackPorts.choose(port);
    this.controllerPort = LoopbackPorts.free();
  }

  @Override
  public synchronized void start() {
    if (server != null) {
      return;
    }
    LoopbackPorts.requireFree(port, "Kafka");
    LoopbackPorts.requireFree(controllerPort, "Kafka's controller");
    format();
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

  private void format() {
    if (Files.exists(directory.resolve(FORMATTED))) {
      return;
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try {
      Files.createDirectories(directory);
      Path file = Files.createTempFile("fqt-kafka", ".properties");
      try {
        Properties properties = new Properties();
        properties.putAll(settings());
        try (var out = Files.newBufferedWriter(file)) {
          properties.store(out, null);
        }
        String[] command = {
          "format", "--cluster-id", Uuid.randomUuid().toString(), "--config", file.toString()
        };
        int status =
            StorageTool.execute(command, new PrintStream(said, true, StandardCharsets.UTF_8));
        if (status != 0) {
          throw new IllegalStateException(
              "Kafka's directory %s could not be formatted: %s"
                  .formatted(directory, said.toString(StandardCharsets.UTF_8)));
        }
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot prepare Kafka's directory " + directory, e);
    }
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
    // A topic that a program forgot to create must not appear with one partition by itself.
    s.put("auto.create.topics.enable", "false");
    singleNode(s);
    small(s);
    return s;
  }

  /** One node holds every replica; groups need not wait for members that come later. */
  private static void singleNode(Map<String, String> s) {
    s.put("default.replication.factor", "1");
    s.put("min.insync.replicas", "1");
    s.put("offsets.topic.replication.factor", "1");
    s.put("transaction.state.log.replication.factor", "1");
    s.put("transaction.state.log.min.isr", "1");
    s.put("share.coordinator.state.topic.replication.factor", "1");
    s.put("share.coordinator.state.topic.min.isr", "1");
    s.put("group.initial.rebalance.delay.ms", "0");
    // Members that test programs kill are missed sooner than after 6 s, the default lower limit.
    s.put("group.min.session.timeout.ms", "1000");
  }

  /** Threads, memory and partitions for one user on two cores. */
  private static void small(Map<String, String> s) {
    s.put("offsets.topic.num.partitions", "4");
    s.put("transaction.state.log.num.partitions", "4");
    s.put("share.coordinator.state.topic.num.partitions", "1");
    s.put("num.network.threads", "2");
    s.put("num.io.threads", "4");
    s.put("background.threads", "2");
    // The cleaner allocates this at start; the default is 128 MB.
    s.put("log.cleaner.dedupe.buffer.size", Integer.toString(4 << 20));
  }
}
