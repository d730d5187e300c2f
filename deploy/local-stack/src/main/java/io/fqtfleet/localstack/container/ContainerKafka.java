package io.fqtfleet.localstack.container;

import io.fqtfleet.localstack.KafkaBroker;
import io.fqtfleet.localstack.LoopbackPorts;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;

/** One Kafka node (KRaft broker and controller) in a container. */
public final class ContainerKafka implements KafkaBroker {
  private static final int INSIDE = 9092;
  private static final int CONTROLLER = 9093;
  private static final String USER = "1000";
  private static final int PROBE_TIMEOUT_MS = 2_000;

  private final int port;
  private final FixedPortContainer container;

  /** On a free port. */
  public ContainerKafka() {
    this.port = LoopbackPorts.free();
    this.container =
        new FixedPortContainer(
            ContainerEngine.kafkaImage(),
            INSIDE,
            port,
            USER,
            image -> image.withEnv(environment()),
            this::serves);
  }

  @Override
  public void start() {
    container.start();
  }

  @Override
  public void stop() {
    container.stop();
  }

  /** Freezes the node: it keeps its connections and answers nobody. */
  public void pause() {
    container.pause();
  }

  public void resume() {
    container.resume();
  }

  @Override
  public String bootstrapServers() {
    return LoopbackPorts.HOST + ":" + port;
  }

  /** Also removes the data. */
  @Override
  public void close() {
    container.close();
  }

  private boolean serves() {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrapServers(),
            "default.api.timeout.ms",
            PROBE_TIMEOUT_MS,
            "request.timeout.ms",
            PROBE_TIMEOUT_MS);
    try (Admin admin = Admin.create(settings)) {
      return !admin
          .describeCluster()
          .nodes()
          .get(PROBE_TIMEOUT_MS, TimeUnit.MILLISECONDS)
          .isEmpty();
    } catch (ExecutionException | TimeoutException e) {
      // Not yet.
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Of the image {@code apache/kafka}: {@code KAFKA_} and the setting with underscores. */
  private Map<String, String> environment() {
    Map<String, String> e = new HashMap<>();
    // It lives for seconds: quick to start matters more than quick code.
    e.put("KAFKA_HEAP_OPTS", "-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    e.put("KAFKA_NODE_ID", "1");
    e.put("KAFKA_PROCESS_ROLES", "broker,controller");
    e.put("KAFKA_LISTENERS", "PLAINTEXT://:" + INSIDE + ",CONTROLLER://:" + CONTROLLER);
    e.put("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://" + bootstrapServers());
    e.put("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    e.put("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER");
    e.put("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:" + CONTROLLER);
    e.put("KAFKA_LOG_DIRS", "/var/lib/kafka/data");
    e.put("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false");
    e.put("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1");
    e.put("KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS", "4");
    e.put("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1");
    e.put("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1");
    e.put("KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS", "4");
    e.put("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1");
    e.put("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1");
    e.put("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0");
    e.put("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "1000");
    e.put("KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE", Integer.toString(4 << 20));
    return e;
  }
}
