package io.fqtfleet.gateway.kafka;

import io.fqtfleet.gateway.GatewayConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.Producer;

/** Kafka clients with the settings that the gateway's promises rest on. */
public final class KafkaClients {
  /** Longest wait for metadata or memory in one call; then the peer counts as away. */
  private static final int CALL_TIMEOUT_MS = 5_000;

  private static final int REQUEST_TIMEOUT_MS = 10_000;

  /** Session time-out over heartbeat interval, as Kafka recommends. */
  private static final int HEARTBEATS_PER_TIMEOUT = 3;

  /** A member hears with a heartbeat's answer that another one has left, and takes over. */
  private static final int HEARTBEAT_MS_MAX = 500;

  private static final long METADATA_KEPT_MS = Duration.ofDays(1).toMillis();
  private static final long BUFFER_BYTES_MIN = 32L << 20;

  /** One batch of a partition is on the way at a time, so it must hold what comes meanwhile. */
  private static final int BATCH_BYTES = 128 << 10;

  private final GatewayConfig config;
  private final MeterRegistry meters;

  /** Clients whose metrics nobody asks for. */
  public KafkaClients(GatewayConfig config) {
    this(config, new CompositeMeterRegistry());
  }

  /**
   * @param meters which get the metrics of every open producer and consumer
   */
  public KafkaClients(GatewayConfig config, MeterRegistry meters) {
    this.config = config;
    this.meters = meters;
  }

  public String bootstrapServers() {
    return config.kafka().bootstrapServers();
  }

  public Admin admin() {
    Map<String, Object> s = common();
    s.put("request.timeout.ms", CALL_TIMEOUT_MS);
    s.put("default.api.timeout.ms", REQUEST_TIMEOUT_MS);
    return Admin.create(s);
  }

  /** Idempotent, acks=all: no duplicates of its own, no gaps, order per partition. */
  public Producer<String, byte[]> producer() {
    long deliveryMs = config.kafka().deliveryTimeout().toMillis();
    long lingerMs = config.kafka().linger().toMillis();
    Map<String, Object> s = common();
    s.put("acks", "all");
    s.put("enable.idempotence", "true");
    // Kafka takes any first batch of a producer it does not know. With several on the way, a second
    // one can be written while the first is refused and sent again (a broker that just came back).
    s.put("max.in.flight.requests.per.connection", 1);
    s.put("batch.size", BATCH_BYTES);
    s.put("delivery.timeout.ms", (int) deliveryMs);
    s.put("linger.ms", lingerMs);
    // Kafka demands delivery timeout >= linger + request timeout.
    s.put("request.timeout.ms", (int) Math.min(REQUEST_TIMEOUT_MS, deliveryMs - lingerMs));
    s.put("max.block.ms", CALL_TIMEOUT_MS);
    // All windows full of the largest payloads fit, so that a send never waits for memory.
    s.put(
        "buffer.memory",
        Math.max(
            BUFFER_BYTES_MIN,
            2L
                * config.uplink().sessions()
                * config.uplink().window()
                * config.uplink().payloadBytesMax()));
    // A topic that is quiet for five minutes would lose its metadata and the next send would wait.
    s.put("metadata.max.idle.ms", METADATA_KEPT_MS);
    return MeteredClients.producer(s, meters);
  }

  /** A member of a group that commits by itself and reads committed records only. */
  public Consumer<String, byte[]> member(String group) {
    int timeoutMs = (int) config.uplink().ownershipTimeout().toMillis();
    Map<String, Object> s = reading();
    s.put("group.id", group);
    s.put("group.protocol", "classic");
    s.put("session.timeout.ms", timeoutMs);
    s.put("heartbeat.interval.ms", Math.min(HEARTBEAT_MS_MAX, timeoutMs / HEARTBEATS_PER_TIMEOUT));
    // Partitions that stay here keep their MQTT connection during a rebalance.
    s.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
    return MeteredClients.consumer(s, meters);
  }

  /** A reader of whole topics, without a group. */
  public Consumer<String, byte[]> reader() {
    return MeteredClients.consumer(reading(), meters);
  }

  private Map<String, Object> reading() {
    Map<String, Object> s = common();
    s.put("enable.auto.commit", "false");
    s.put("auto.offset.reset", "earliest");
    s.put("isolation.level", "read_committed");
    s.put("request.timeout.ms", REQUEST_TIMEOUT_MS);
    s.put("default.api.timeout.ms", REQUEST_TIMEOUT_MS);
    return s;
  }

  private Map<String, Object> common() {
    Map<String, Object> s = new HashMap<>(config.kafka().client());
    s.put("bootstrap.servers", config.kafka().bootstrapServers());
    return s;
  }
}
