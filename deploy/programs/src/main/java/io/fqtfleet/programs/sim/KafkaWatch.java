package io.fqtfleet.programs.sim;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.load.FleetAccounting;
import io.fqtfleet.sim.load.LatencyLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads, from the moment it is made, what the fleet's reports became: their arrival, alerts,
 * budgets and the devices' answers. One thread reads; every public method is for any thread.
 */
final class KafkaWatch implements AutoCloseable {
  static final String THREAD = "sim-reader";

  private static final List<String> WATCHED =
      List.of(Topics.REPORTS, Topics.BUDGETS, Topics.ACKS, Topics.ALERTS, Topics.DEAD_LETTERS);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long JOIN_MS = 10_000;

  /** An alert when it was first seen. */
  record Raised(
      String kind, String scope, String key, String cohort, long readMs, String sentence) {}

  /** A budget that was sent because of a drift, until it is applied. */
  private record DriftBudget(long version, long readMs) {}

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final FleetAccounting accounting;
  private final LongSupplier clockMicros;
  private final Set<String> devices;
  private final LatencyLog kafkaTimes = new LatencyLog();
  private final WireCodec<UpdateBudget> budgets = WireCodec.of(UpdateBudget.class);
  private final WireCodec<BudgetAck> acks = WireCodec.of(BudgetAck.class);
  private final WireCodec<Alert> alerts = WireCodec.of(Alert.class);
  private final Map<String, Raised> raised = new LinkedHashMap<>();
  private final Map<String, Long> desired = new HashMap<>();
  private final Map<String, Long> acked = new HashMap<>();
  private final Map<String, List<DriftBudget>> driftBudgets = new HashMap<>();
  private final Map<String, List<Long>> applied = new HashMap<>();
  private final Thread thread = new Thread(this::run, THREAD);
  private final StreamsLag lag;
  private long arrived;
  private long budgetsSent;
  private long budgetsRefused;
  private long deadLetters;
  private long answers;
  private boolean budgetsEnded;
  private RuntimeException failure;

  /**
   * @param devices whose budgets and answers count
   * @param clockMicros of the fleet
   * @throws IllegalStateException if Kafka or a topic is not there
   */
  KafkaWatch(
      SimTarget target, FleetAccounting accounting, Set<String> devices, LongSupplier clockMicros) {
    this.accounting = accounting;
    this.devices = devices;
    this.clockMicros = clockMicros;
    this.consumer =
        new KafkaConsumer<>(
            target.consumer(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : WATCHED) {
        consumer
            .partitionsFor(topic)
            .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
      }
      consumer.assign(partitions);
      consumer.seekToEnd(partitions);
      partitions.forEach(consumer::position);
    } catch (KafkaException e) {
      consumer.close();
      throw new IllegalStateException(
          "Kafka at %s does not serve the topics of the fleet (%s); start it and the gateway, or"
                  .formatted(target.bootstrapServers(), e.getMessage())
              + " correct --kafka and --kafka-properties",
          e);
    }
    lag = new StreamsLag(target);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try (consumer) {
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (record.value() != null) {
            add(record);
          }
        }
      }
    } catch (WakeupException closed) {
      // close() was called
    } catch (RuntimeException e) {
      synchronized (this) {
        failure = e;
      }
    }
  }

  private void add(ConsumerRecord<byte[], byte[]> record) {
    if (record.topic().equals(Topics.REPORTS)) {
      addReport(record.value());
      return;
    }
    try {
      switch (record.topic()) {
        case Topics.BUDGETS -> addBudget(budgets.decode(record.value()));
        case Topics.ACKS -> addAck(acks.decode(record.value()));
        case Topics.ALERTS -> addAlert(alerts.decode(record.value()));
        default -> {
          synchronized (this) {
            deadLetters++;
          }
        }
      }
    } catch (WireException e) {
      throw new IllegalStateException(
          "%s[%d]@%d holds what nobody may write there"
              .formatted(record.topic(), record.partition(), record.offset()),
          e);
    }
  }

  private void addReport(byte[] value) {
    ReportHead head = ReportHead.of(value);
    if (head == null) {
      return;
    }
    long intendedMs =
        accounting.arrived(head.device(), head.bootNonce(), head.sequence(), head.uptimeMs());
    if (intendedMs != FleetAccounting.NOT_OURS) {
      kafkaTimes.record(clockMicros.getAsLong() - intendedMs * 1000);
      synchronized (this) {
        arrived++;
      }
    }
  }

  private long nowMs() {
    return clockMicros.getAsLong() / 1000;
  }

  /** Budgets that come later are not counted: nobody may be there any more to answer them. */
  synchronized void endBudgets() {
    budgetsEnded = true;
  }

  private synchronized void addBudget(UpdateBudget budget) {
    if (!budgetsEnded && devices.contains(budget.getDevice())) {
      desired.merge(budget.getDevice(), budget.getVersion(), Math::max);
      budgetsSent++;
      if (budget.getReason() == ReasonCode.DOMAIN_DRIFT) {
        driftBudgets
            .computeIfAbsent(budget.getDevice(), d -> new ArrayList<>())
            .add(new DriftBudget(budget.getVersion(), nowMs()));
      }
    }
  }

  private synchronized void addAck(BudgetAck ack) {
    if (!devices.contains(ack.getDevice())) {
      return;
    }
    answers++;
    if (ack.getOutcome() == AckOutcome.REFUSED) {
      budgetsRefused++;
      return;
    }
    acked.merge(ack.getDevice(), ack.getAnsweredVersion(), Math::max);
    for (DriftBudget budget : driftBudgets.getOrDefault(ack.getDevice(), List.of())) {
      if (budget.version == ack.getAnsweredVersion() && ack.getOutcome() == AckOutcome.APPLIED) {
        applied.computeIfAbsent(ack.getDevice(), d -> new ArrayList<>()).add(nowMs());
      }
    }
  }

  private synchronized void addAlert(Alert alert) {
    if (alert.getStatus() == AlertStatus.FIRING) {
      raised.putIfAbsent(
          alert.getId(),
          new Raised(
              alert.getKind().toString(),
              alert.getScope().toString(),
              alert.getKey(),
              alert.getCohort(),
              nowMs(),
              alert.getSentence()));
    }
  }

  LatencyLog kafkaTimes() {
    return kafkaTimes;
  }

  /** Arrivals of this fleet's reports, repeated ones included. */
  synchronized long arrived() {
    return arrived;
  }

  /** In the order in which they came. */
  synchronized List<Raised> raised() {
    return List.copyOf(raised.values());
  }

  synchronized long budgetsSent() {
    return budgetsSent;
  }

  synchronized long budgetsRefused() {
    return budgetsRefused;
  }

  synchronized long deadLetters() {
    return deadLetters;
  }

  /** Devices that were sent a budget. */
  synchronized long withBudget() {
    return desired.size();
  }

  /** Of them, those that have not acknowledged the last one. */
  synchronized long behindBudget() {
    return desired.entrySet().stream()
        .filter(e -> acked.getOrDefault(e.getKey(), 0L) < e.getValue())
        .count();
  }

  /** Moments, from a time on, at which a device first applied a drift budget; -1 = has not yet. */
  synchronized List<Long> applied(Set<String> cohort, long fromMs) {
    List<Long> moments = new ArrayList<>();
    driftBudgets.forEach(
        (device, sent) -> {
          if (cohort.contains(device) && sent.stream().anyMatch(b -> b.readMs >= fromMs)) {
            moments.add(
                applied.getOrDefault(device, List.of()).stream()
                    .filter(ms -> ms >= fromMs)
                    .findFirst()
                    .orElse(-1L));
          }
        });
    return moments;
  }

  /** What stopped the reading thread, or null. */
  synchronized RuntimeException failure() {
    return failure;
  }

  /** Messages that streams has not processed; {@link StreamsLag#UNKNOWN}. */
  long streamsBehind() {
    return lag.messages();
  }

  /** Counts up as long as something comes. */
  synchronized long activity() {
    return arrived + budgetsSent + answers;
  }

  @Override
  public void close() {
    lag.close();
    consumer.wakeup();
    try {
      thread.join(JOIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
