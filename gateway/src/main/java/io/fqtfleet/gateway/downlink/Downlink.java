package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.kafka.GroupOwnership;
import io.fqtfleet.gateway.kafka.KafkaClients;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.Backoff;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.OwnedLoop;
import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.Scrape;
import io.fqtfleet.schemas.Topics;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries budgets to the devices: one consumer group over {@code fqt.budgets.v1}, one MQTT
 * connection per owned partition, whose client id fences an earlier owner.
 */
public final class Downlink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Downlink.class);

  /** Client id of partition p: the next owner's connection ends an earlier owner's. */
  static final String CLIENT_ID = "fqt-gateway-down-";

  private final GatewayConfig config;
  private final MqttLink.Factory links;
  private final SharedProducer producers;
  private final DeviceSchemas schemas;
  private final DeviceRegistry registry;
  private final BudgetKeys keys;
  private final BudgetEncoder encoder;
  private final KeyRefusals refusals;
  private final GroupOwnership ownership;

  /** Lanes by partition, made when first owned and kept. Guarded by itself. */
  private final Map<Integer, Lane> lanes = new HashMap<>();

  private record Lane(DownlinkLane duty, OwnedLoop loop) {}

  public Downlink(
      GatewayConfig config, MqttLink.Factory links, KafkaClients kafka, SharedProducer producers) {
    this.config = config;
    this.links = links;
    this.producers = producers;
    this.schemas = new DeviceSchemas(kafka::reader);
    this.registry = new DeviceRegistry(kafka::reader);
    this.keys = BudgetKeys.from(config.keys(), registry);
    this.encoder = new BudgetEncoder(keys, schemas::of);
    this.refusals = new KeyRefusals(kafka::reader, keys, this::owns, this::signAgain);
    this.ownership =
        new GroupOwnership(
            "fqt-down-owner",
            Topics.BUDGETS,
            () -> kafka.member(config.downlink().group()),
            new Owner());
  }

  /**
   * Reads the device keys as a start would.
   *
   * @throws io.fqtfleet.schemas.ConfigException if they cannot be used
   */
  public static void checkKeys(GatewayConfig config) {
    BudgetKeys.from(config.keys());
  }

  public void start() {
    schemas.start();
    registry.start();
    refusals.start();
    ownership.start();
  }

  /** One sentence per cause; empty when every partition that is ours is served. */
  public List<String> notReady() {
    List<String> causes = new ArrayList<>();
    if (!ownership.joined()) {
      causes.add("downlink: waiting for the consumer group of " + Topics.BUDGETS);
    }
    if (!schemas.caughtUp()) {
      causes.add("downlink: reading " + Topics.STATUS);
    }
    if (!registry.caughtUp()) {
      causes.add("downlink: reading " + Topics.DEVICES);
    }
    for (Lane lane : lanes().values()) {
      String trouble = lane.loop.trouble();
      if (trouble != null) {
        causes.add(trouble);
      }
    }
    return causes;
  }

  public DownlinkCounters.Snapshot total() {
    return lanes().values().stream()
        .map(lane -> lane.duty.counters().snapshot())
        .reduce(DownlinkCounters.Snapshot::plus)
        .orElseGet(() -> new DownlinkCounters().snapshot());
  }

  public void writeMetrics(Scrape scrape) {
    keys.snapshot().write(scrape);
    lanes()
        .forEach(
            (partition, lane) -> {
              Map<String, String> labels = Map.of("partition", Integer.toString(partition));
              DownlinkCounters.Snapshot s = lane.duty.counters().snapshot();
              scrape.add(Metric.BUDGETS_PUBLISHED, labels, s.published());
              scrape.add(Metric.BUDGETS_DELETED, labels, s.deleted());
              scrape.add(Metric.BUDGETS_REPEATED, labels, s.repeated());
              scrape.add(Metric.BUDGETS_IN_FLIGHT, labels, lane.duty.inFlight());
              scrape.add(Metric.BUDGET_HEADERS_LEFT_OUT, labels, s.headersLeftOut());
              scrape.add(Metric.BUDGETS_SIGNED_AGAIN, labels, s.signedAgain());
              s.deadLetteredByReason()
                  .forEach(
                      (reason, count) ->
                          scrape.add(
                              Metric.BUDGETS_DEAD_LETTERED,
                              Map.of("partition", Integer.toString(partition), "reason", reason),
                              count));
            });
  }

  @Override
  public void close() {
    ownership.close();
    schemas.close();
    registry.close();
    refusals.close();
    lanes().values().forEach(lane -> lane.loop.close());
  }

  private boolean caughtUp() {
    return schemas.caughtUp() && registry.caughtUp();
  }

  private boolean owns(int partition) {
    Lane lane = lanes().get(partition);
    return lane != null && lane.loop.owned();
  }

  private void signAgain(ConsumerRecord<String, byte[]> last) {
    Lane lane = lanes().get(last.partition());
    if (lane != null) {
      lane.duty.signAgain(last);
    }
  }

  private Map<Integer, Lane> lanes() {
    synchronized (lanes) {
      return new HashMap<>(lanes);
    }
  }

  private Lane lane(int partition) {
    synchronized (lanes) {
      return lanes.computeIfAbsent(partition, this::newLane);
    }
  }

  private Lane newLane(int partition) {
    GatewayConfig.Mqtt mqtt = config.mqtt();
    DownlinkLane duty =
        new DownlinkLane(
            settings(config, partition),
            config.downlink().window(),
            config.downlink().repeat(),
            links,
            producers,
            encoder,
            InstantSource.system(),
            System::nanoTime);
    Backoff backoff = new Backoff(mqtt.retryMin(), mqtt.retryMax(), RandomGenerator.getDefault());
    OwnedLoop loop =
        new OwnedLoop(CLIENT_ID + partition, duty, backoff, () -> ownership.confirms(partition));
    loop.start();
    return new Lane(duty, loop);
  }

  /** Of the connection that serves a partition. */
  public static MqttLink.Settings settings(GatewayConfig config, int partition) {
    GatewayConfig.Mqtt mqtt = config.mqtt();
    return new MqttLink.Settings(
        mqtt.uri(),
        CLIENT_ID + partition,
        mqtt.login(),
        true,
        0,
        config.downlink().window(),
        mqtt.keepAlive(),
        mqtt.timeout());
  }

  /** Called by the polling thread only. */
  private final class Owner implements GroupOwnership.Owner {
    /** Lanes owned now; {@code begun} once the first offset is known. */
    private final Map<Integer, Lane> owned = new HashMap<>();

    private final Map<Integer, Long> committed = new HashMap<>();

    @Override
    public void own(int partition) {
      owned.put(partition, lane(partition));
      committed.remove(partition);
    }

    @Override
    public void disown(List<Integer> partitions) {
      for (int partition : partitions) {
        Lane lane = owned.remove(partition);
        if (lane != null) {
          lane.loop.disown();
        }
      }
      partitions.forEach(partition -> lane(partition).loop.awaitIdle());
    }

    @Override
    public long committable(int partition) {
      return lane(partition).duty.committable();
    }

    @Override
    public void polled(Consumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> records) {
      owned.forEach((partition, lane) -> begin(consumer, partition, lane, records));
      for (TopicPartition partition : records.partitions()) {
        Lane lane = owned.get(partition.partition());
        for (ConsumerRecord<String, byte[]> record : records.records(partition)) {
          if (lane == null || !caughtUp() || !lane.duty.offer(record)) {
            consumer.seek(partition, record.offset());
            break;
          }
        }
      }
      owned.forEach((partition, lane) -> follow(consumer, topic(partition), lane));
      commit(consumer);
    }

    /** The first poll after the assignment: nothing was delivered before its first record. */
    private void begin(
        Consumer<String, byte[]> consumer,
        int partition,
        Lane lane,
        ConsumerRecords<String, byte[]> records) {
      if (committed.containsKey(partition)) {
        return;
      }
      List<ConsumerRecord<String, byte[]>> first = records.records(topic(partition));
      long offset = first.isEmpty() ? consumer.position(topic(partition)) : first.get(0).offset();
      lane.duty.begin(offset);
      committed.put(partition, offset);
      lane.loop.own();
    }

    private void follow(Consumer<String, byte[]> consumer, TopicPartition partition, Lane lane) {
      if (lane.duty.takeRewind()) {
        consumer.seek(partition, lane.duty.rewindTo());
      }
      lane.duty.publishAgain();
      if (lane.duty.ready() && caughtUp()) {
        consumer.resume(List.of(partition));
      } else {
        consumer.pause(List.of(partition));
      }
    }

    private void commit(Consumer<String, byte[]> consumer) {
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      owned.forEach(
          (partition, lane) -> {
            long next = lane.duty.committable();
            if (next != committed.getOrDefault(partition, next)) {
              offsets.put(topic(partition), new OffsetAndMetadata(next));
              committed.put(partition, next);
            }
          });
      if (offsets.isEmpty()) {
        return;
      }
      consumer.commitAsync(
          offsets,
          (done, failure) -> {
            if (failure instanceof KafkaException) {
              // The next commit covers it; after a rebalance the new owner repeats.
              LOG.info("offsets={} not committed: {}", done, failure.toString());
            }
          });
    }

    private static TopicPartition topic(int partition) {
      return new TopicPartition(Topics.BUDGETS, partition);
    }
  }
}
