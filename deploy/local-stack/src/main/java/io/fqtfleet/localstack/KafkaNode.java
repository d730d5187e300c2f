package io.fqtfleet.localstack;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/** The program of one node of a {@link KafkaCluster}: settings file, cluster id. */
final class KafkaNode {
  private KafkaNode() {}

  /**
   * One node's ports.
   *
   * @param clients advertised to clients; a proxy may stand there
   * @param listening where this node itself listens for them
   * @param direct for other nodes and for observers, past every proxy
   */
  record Ports(int clients, int listening, int direct, int controller) {
    static Ports free() {
      int port = LoopbackPorts.free();
      return new Ports(port, port, LoopbackPorts.free(), LoopbackPorts.free());
    }

    Ports advertising(int proxy) {
      return new Ports(proxy, listening, direct, controller);
    }
  }

  /** Settings of node {@code index} (from 0) among all. */
  static Map<String, String> settings(int index, List<Ports> all, Path directory) {
    Ports own = all.get(index);
    String host = LoopbackPorts.HOST;
    StringBuilder voters = new StringBuilder();
    for (int n = 0; n < all.size(); n++) {
      voters.append(n == 0 ? "" : ",").append(n + 1).append('@').append(host);
      voters.append(':').append(all.get(n).controller());
    }
    Map<String, String> s = new HashMap<>();
    s.put("process.roles", "broker,controller");
    s.put("node.id", Integer.toString(index + 1));
    s.put(
        "listeners",
        "CLIENTS://%1$s:%2$d,DIRECT://%1$s:%3$d,CONTROLLER://%1$s:%4$d"
            .formatted(host, own.listening(), own.direct(), own.controller()));
    s.put(
        "advertised.listeners",
        "CLIENTS://%1$s:%2$d,DIRECT://%1$s:%3$d".formatted(host, own.clients(), own.direct()));
    s.put("inter.broker.listener.name", "DIRECT");
    s.put("controller.listener.names", "CONTROLLER");
    s.put(
        "listener.security.protocol.map",
        "CLIENTS:PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    s.put("controller.quorum.voters", voters.toString());
    s.put("log.dirs", directory.toString());
    // A dead node is missed sooner than after 9 s, the default.
    s.put("broker.session.timeout.ms", "4000");
    s.put("broker.heartbeat.interval.ms", "500");
    KafkaStorage.replicas(s, all.size());
    KafkaStorage.small(s);
    return s;
  }

  public static void main(String[] args) throws IOException {
    ChildJvm.endWithParent();
    Properties properties = new Properties();
    try (var in = java.nio.file.Files.newBufferedReader(Path.of(args[0]))) {
      properties.load(in);
    }
    Map<String, String> settings = new HashMap<>();
    properties.forEach((key, value) -> settings.put(key.toString(), value.toString()));
    KafkaStorage.format(Path.of(settings.get("log.dirs")), args[1], settings);
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "stop-kafka"));
    try {
      server.startup();
    } catch (RuntimeException e) {
      // Kafka's threads would keep this process, and whoever waits for it would wait in vain.
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
    server.awaitShutdown();
  }
}
