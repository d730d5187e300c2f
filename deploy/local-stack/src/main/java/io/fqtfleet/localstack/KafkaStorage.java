package io.fqtfleet.localstack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.tools.StorageTool;

/** What every Kafka node of ours has in common: its directory and its modest settings. */
final class KafkaStorage {
  private static final String FORMATTED = "meta.properties";

  private KafkaStorage() {}

  /** Makes and formats the directory; no effect if that was done. */
  static void format(Path directory, String clusterId, Map<String, String> settings) {
    format(directory, clusterId, settings, List.of());
  }

  /** {@code more}: further arguments of the storage tool. */
  static void format(
      Path directory, String clusterId, Map<String, String> settings, List<String> more) {
    if (Files.exists(directory.resolve(FORMATTED))) {
      return;
    }
    try {
      Files.createDirectories(directory);
      Path file = Files.createTempFile("fqt-kafka", ".properties");
      try {
        write(settings, file);
        format(directory, clusterId, file, more);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot prepare Kafka's directory " + directory, e);
    }
  }

  static void write(Map<String, String> settings, Path file) throws IOException {
    Properties properties = new Properties();
    properties.putAll(settings);
    try (var out = Files.newBufferedWriter(file)) {
      properties.store(out, null);
    }
  }

  private static void format(Path directory, String clusterId, Path file, List<String> more) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    List<String> command = new ArrayList<>();
    command.addAll(List.of("format", "--cluster-id", clusterId, "--config", file.toString()));
    command.addAll(more);
    int status =
        StorageTool.execute(
            command.toArray(String[]::new), new PrintStream(said, true, StandardCharsets.UTF_8));
    if (status != 0) {
      throw new IllegalStateException(
          "Kafka's directory %s could not be formatted: %s"
              .formatted(directory, said.toString(StandardCharsets.UTF_8)));
    }
  }

  /** As many replicas as there are nodes, up to three; one of three may be away. */
  static void replicas(Map<String, String> s, int nodes) {
    String replicas = Integer.toString(Math.min(3, nodes));
    String inSync = Integer.toString(nodes < 3 ? 1 : 2);
    s.put("default.replication.factor", replicas);
    s.put("min.insync.replicas", inSync);
    s.put("offsets.topic.replication.factor", replicas);
    s.put("transaction.state.log.replication.factor", replicas);
    s.put("transaction.state.log.min.isr", inSync);
    s.put("share.coordinator.state.topic.replication.factor", replicas);
    s.put("share.coordinator.state.topic.min.isr", inSync);
  }

  /** Threads, memory and partitions for one user on two cores. */
  static void small(Map<String, String> s) {
    // A topic that a program forgot to create must not appear with one partition by itself.
    s.put("auto.create.topics.enable", "false");
    // Groups need not wait for members that come later.
    s.put("group.initial.rebalance.delay.ms", "0");
    // Members that test programs kill are missed sooner than after 6 s, the default lower limit.
    s.put("group.min.session.timeout.ms", "1000");
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
