package io.fqtfleet.programs;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the topics as any outsider could and keeps what a summary needs. It judges the system from
 * Kafka alone and shares no code with the parts it judges.
 *
 * <p>One thread reads; every public method may be called from any thread.
 */
final class FleetObserver implements AutoCloseable {
  /** Counts of one cohort in one second of event time. */
  private static final class Second {
    long labelled;
    long correct;
  }

  private static final List<String> WATCHED =
      List.of(
          Topics.REPORTS,
          Topics.STATUS,
          Topics.ACKS,
          Topics.BUDGETS,
          Topics.ALERTS,
          Topics.DEAD_LETTERS);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Consumer<Alert> onAlert;
  private final Thread thread = new Thread(this::run, "observer");
  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);
  private final WireCodec<DeviceStatus> statuses = WireCodec.of(DeviceStatus.class);
  private final WireCodec<BudgetAck> acks = WireCodec.of(BudgetAck.class);
  private final WireCodec<UpdateBudget> budgets = WireCodec.of(UpdateBudget.class);
  private final WireCodec<Alert> alertCodec = WireCodec.of(Alert.class);

  private final Map<String, DeviceLedger> ledgers = new HashMap<>();
  private final Map<String, DeviceStatus> online = new HashMap<>();
  private final Map<String, TreeMap<Long, Second>> accuracy = new TreeMap<>();
  private final Map<String, List<Alert>> alerts = new LinkedHashMap<>();
  private final Map<String, UpdateBudget> desired = new HashMap<>();
  private final Set<String> acked = new HashSet<>();
  private final Map<String, Long> ackedVersion = new HashMap<>();
  private final TreeMap<String, TreeSet<String>> devicesByReason = new TreeMap<>();
  private long budgetsSent;
  private long refused;
  private long deadLetters;
  private RuntimeException failure;

  /**
   * Starts to read from the beginning of the topics, which must exist.
   *
   * @param onAlert called on the reading thread for each state of each alert
   */
  FleetObserver(String bootstrapServers, Consumer<Alert> onAlert) {
    this.onAlert = onAlert;
    this.consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : WATCHED) {
      consumer
          .partitionsFor(topic)
          .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try (consumer) {
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          Alert alert = add(record);
          if (alert != null) {
            onAlert.accept(alert);
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

  private synchronized Alert add(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return null;
    }
    try {
      switch (record.topic()) {
        case Topics.REPORTS -> addReport(record.timestamp(), reports.decode(record.value()));
        case Topics.STATUS -> addStatus(statuses.decode(record.value()));
        case Topics.ACKS -> addAck(acks.decode(record.value()));
        case Topics.BUDGETS -> {
          UpdateBudget budget = budgets.decode(record.value());
          desired.put(budget.getDevice(), budget);
          devicesByReason
              .computeIfAbsent(budget.getReason().name(), r -> new TreeSet<>())
              .add(budget.getDevice());
          budgetsSent++;
        }
        case Topics.ALERTS -> {
          Alert alert = alertCodec.decode(record.value());
          alerts.computeIfAbsent(alert.getId(), id -> new ArrayList<>()).add(alert);
          return alert;
        }
        default -> deadLetters++;
      }
    } catch (WireException e) {
      throw new IllegalStateException(
          "%s[%d]@%d holds what nobody may write there"
              .formatted(record.topic(), record.partition(), record.offset()),
          e);
    }
    return null;
  }

  private void addReport(long timestampMs, TrainingReport report) {
    DeviceLedger.Delta delta =
        ledgers.computeIfAbsent(report.getDevice(), id -> new DeviceLedger()).add(report);
    DeviceStatus status = online.get(report.getDevice());
    if (delta == null || status == null) {
      return;
    }
    Second second =
        accuracy
            .computeIfAbsent(status.getCohort(), c -> new TreeMap<>())
            .computeIfAbsent(timestampMs / 1000, s -> new Second());
    second.labelled += delta.labelled();
    second.correct += delta.correct();
  }

  private void addStatus(DeviceStatus status) {
    // An offline will keeps the device known: its reports may still be on their way.
    if (status.getState() == DeviceState.ONLINE || !online.containsKey(status.getDevice())) {
      online.put(status.getDevice(), status);
    }
  }

  private void addAck(BudgetAck ack) {
    if (ack.getOutcome() == AckOutcome.REFUSED) {
      refused++;
      return;
    }
    acked.add(ack.getDevice() + "/" + ack.getAnsweredVersion());
    ackedVersion.merge(ack.getDevice(), ack.getAnsweredVersion(), Math::max);
  }

  /** Share of labelled windows classified correctly, NaN if there were none. */
  synchronized double accuracy(String cohort, long fromMs, long toMs) {
    long labelled = 0;
    long correct = 0;
    TreeMap<Long, Second> seconds = accuracy.getOrDefault(cohort, new TreeMap<>());
    for (Second second : seconds.subMap(fromMs / 1000, toMs / 1000 + 1).values()) {
      labelled += second.labelled;
      correct += second.correct;
    }
    return labelled == 0 ? Double.NaN : (double) correct / labelled;
  }

  /** Cohorts that reported, in order of their names. */
  synchronized List<String> cohorts() {
    return List.copyOf(accuracy.keySet());
  }

  /** Each incident with all its states, the first one first. */
  synchronized List<List<Alert>> alerts() {
    return alerts.values().stream().map(List::copyOf).toList();
  }

  /** Devices that have told their status. */
  synchronized int devices() {
    return online.size();
  }

  /** Devices that were sent budgets, and those whose last one is acknowledged as in force. */
  record Obedience(long onLastBudget, long withBudget) {
    boolean all() {
      return onLastBudget == withBudget;
    }
  }

  synchronized Obedience obedience() {
    long onLast =
        desired.values().stream()
            .filter(b -> ackedVersion.getOrDefault(b.getDevice(), 0L) >= b.getVersion())
            .count();
    return new Obedience(onLast, desired.size());
  }

  /** Whom a budget of each reason was sent to. */
  synchronized Map<String, List<String>> devicesByReason() {
    Map<String, List<String>> copy = new TreeMap<>();
    devicesByReason.forEach((reason, devices) -> copy.put(reason, List.copyOf(devices)));
    return copy;
  }

  synchronized long budgetsSent() {
    return budgetsSent;
  }

  /** Budgets acknowledged as applied or repeated, each once. */
  synchronized long budgetsAcked() {
    return acked.size();
  }

  synchronized long budgetsAckedBy(Set<String> devices) {
    return acked.stream().filter(a -> devices.contains(a.substring(0, a.lastIndexOf('/')))).count();
  }

  synchronized long budgetsRefused() {
    return refused;
  }

  synchronized long deadLetters() {
    return deadLetters;
  }

  /** Distinct reports of a device. */
  synchronized long received(String device) {
    DeviceLedger ledger = ledgers.get(device);
    return ledger == null ? 0 : ledger.received();
  }

  /** Missing reports of a device below the highest sequence number seen. */
  synchronized long gaps(String device) {
    DeviceLedger ledger = ledgers.get(device);
    return ledger == null ? 0 : ledger.gaps();
  }

  synchronized long duplicates() {
    return ledgers.values().stream().mapToLong(DeviceLedger::duplicates).sum();
  }

  synchronized long macsBackward() {
    return ledgers.values().stream().mapToLong(DeviceLedger::macsBackward).sum();
  }

  synchronized long samplesLabelled() {
    return ledgers.values().stream().mapToLong(DeviceLedger::samplesLabelled).sum();
  }

  synchronized long samplesSeen() {
    return ledgers.values().stream().mapToLong(DeviceLedger::samplesSeen).sum();
  }

  /** Throws what stopped the reading thread, if anything did. */
  synchronized void check() {
    if (failure != null) {
      throw new IllegalStateException("the observer stopped reading", failure);
    }
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
