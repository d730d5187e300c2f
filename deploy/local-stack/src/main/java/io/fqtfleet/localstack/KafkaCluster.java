package io.fqtfleet.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;

/**
 * Kafka nodes (KRaft broker and controller each) as processes on 127.0.0.1, so that each can be
 * stopped, killed and paused. Clients go to ports that may be a proxy's; nodes and observers reach
 * each other past it.
 */
public final class KafkaCluster implements AutoCloseable {
  private static final long START_TIMEOUT_MS = 90_000;
  private static final int ASK_TIMEOUT_MS = 2_000;

  private final Path directory;
  private final List<String> jvmOptions;
  private final String clusterId = Uuid.randomUuid().toString();
  private final List<KafkaNode.Ports> ports = new ArrayList<>();
  private final List<Path> logs = new ArrayList<>();
  private final List<ChildJvm> processes = new ArrayList<>();

  /**
   * @param directory of logs and output; made at the first start
   * @param jvmOptions of each node, for example where its log goes
   */
  public KafkaCluster(Path directory, int nodes, List<String> jvmOptions) {
    this.directory = directory.toAbsolutePath();
    this.jvmOptions = List.copyOf(jvmOptions);
    for (int n = 0; n < nodes; n++) {
      ports.add(KafkaNode.Ports.free());
      logs.add(this.directory.resolve("log-" + n));
      processes.add(null);
    }
  }

  public int nodes() {
    return ports.size();
  }

  /** Where the node itself listens for clients: a proxy forwards to this. */
  public int port(int node) {
    return ports.get(node).listening();
  }

  /** Tells clients to come to a proxy's port; before the start. */
  public void advertise(int node, int proxyPort) {
    ports.set(node, ports.get(node).advertising(proxyPort));
  }

  /** Puts a node's log elsewhere, for example onto a small disk; before the start. */
  public void log(int node, Path where) {
    logs.set(node, where);
  }

  /** For clients. */
  public String bootstrapServers() {
    return servers(KafkaNode.Ports::clients);
  }

  /** Past every proxy, for observers. */
  public String directServers() {
    return servers(KafkaNode.Ports::direct);
  }

  private String servers(java.util.function.ToIntFunction<KafkaNode.Ports> of) {
    return ports.stream()
        .map(p -> LoopbackPorts.HOST + ":" + of.applyAsInt(p))
        .collect(Collectors.joining(","));
  }

  /** All nodes; returns when each serves clients. */
  public void start() {
    for (int n = 0; n < nodes(); n++) {
      launch(n);
    }
    for (int n = 0; n < nodes(); n++) {
      awaitServing(n);
    }
  }

  /** One node; no effect while it runs. */
  public void start(int node) {
    launch(node);
    awaitServing(node);
  }

  /** In good order: its leaders move first. */
  public void stop(int node) {
    processes.get(node).stop();
  }

  /** SIGKILL. */
  public void kill(int node) {
    processes.get(node).kill();
  }

  /** SIGSTOP. */
  public void pause(int node) {
    processes.get(node).pause();
  }

  /** SIGCONT. */
  public void resume(int node) {
    processes.get(node).resume();
  }

  /** False after it was stopped, was killed, or gave up by itself. */
  public boolean alive(int node) {
    return processes.get(node) != null && processes.get(node).alive();
  }

  /** Of a node that was started. */
  public long pid(int node) {
    return processes.get(node).pid();
  }

  private void launch(int node) {
    if (alive(node)) {
      return;
    }
    Path settings = directory.resolve("node-" + node + ".properties");
    try {
      Files.createDirectories(directory);
      KafkaStorage.write(KafkaNode.settings(node, ports, logs.get(node)), settings);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + settings, e);
    }
    List<String> options = new ArrayList<>(List.of("-Xmx384m"));
    options.addAll(jvmOptions);
    processes.set(
        node,
        new ChildJvm(
            new ChildJvm.Program(
                "Kafka node " + node,
                KafkaNode.class,
                options,
                List.of(settings.toString(), clusterId),
                Map.of(),
                directory.resolve("node-" + node + ".out"))));
  }

  private void awaitServing(int node) {
    processes.get(node).await(() -> serves(node), START_TIMEOUT_MS);
  }

  private boolean serves(int node) {
    if (!LoopbackPorts.accepts(ports.get(node).direct())) {
      return false;
    }
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            LoopbackPorts.HOST + ":" + ports.get(node).direct(),
            "request.timeout.ms",
            ASK_TIMEOUT_MS,
            "default.api.timeout.ms",
            ASK_TIMEOUT_MS);
    try (Admin admin = Admin.create(settings)) {
      Collection<org.apache.kafka.common.Node> known =
          admin.describeCluster().nodes().get(ASK_TIMEOUT_MS, TimeUnit.MILLISECONDS);
      return known.stream().anyMatch(n -> n.id() == node + 1);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    // Together: a majority that is gone would keep the last one from leaving in good order.
    processes.stream().filter(p -> p != null && p.alive()).forEach(ChildJvm::kill);
  }
}
