package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.ops.PacedWarning;
import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds devices that refuse their budget because of its key, and has their last budget signed
 * again.
 *
 * <pre>
 *   fqt.acks.v1: REFUSED, UNKNOWN_KEY or BAD_SIGNATURE -> next key of the device
 *     -> last budget of the device, looked up in fqt.budgets.v1 -> signed again, published
 * </pre>
 *
 * <p>A device answers each retained budget that it hears, so one that was missed while no gateway
 * looked is met again at its next connect. One thread; a look-up reads the partitions that this
 * gateway owns once for all devices that wait.
 */
final class KeyRefusals implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KeyRefusals.class);

  /** Acks of this long before the start are read too: from while another gateway ended. */
  private static final Duration LOOK_BACK = Duration.ofMinutes(5);

  /** Takes the last budget of a device. */
  interface Again {
    void sign(ConsumerRecord<String, byte[]> record);
  }

  private final WireCodec<BudgetAck> codec = WireCodec.of(BudgetAck.class);
  private final Supplier<Consumer<String, byte[]>> readers;
  private final BudgetKeys keys;
  private final IntPredicate owned;
  private final Again again;
  private final PacedWarning warning = new PacedWarning(LOG);
  private final TopicReader reader;

  /** Devices whose last budget is to be signed again. Only used by the thread. */
  private final Set<String> waiting = new HashSet<>();

  /** Where reading goes on after Kafka was away. Only used by the thread. */
  private final Map<TopicPartition, Long> positions = new HashMap<>();

  /**
   * @param owned whether a partition of the budgets is this gateway's
   */
  KeyRefusals(
      Supplier<Consumer<String, byte[]>> readers,
      BudgetKeys keys,
      IntPredicate owned,
      Again again) {
    this.readers = readers;
    this.keys = keys;
    this.owned = owned;
    this.again = again;
    this.reader = new TopicReader("fqt-down-keys", Topics.ACKS, readers, this::follow);
  }

  void start() {
    reader.start();
  }

  @Override
  public void close() {
    reader.close();
  }

  private void follow(Consumer<String, byte[]> consumer) {
    List<TopicPartition> acks = TopicReader.partitions(consumer, Topics.ACKS);
    consumer.assign(acks);
    if (positions.isEmpty()) {
      seekBack(consumer, acks);
    } else {
      positions.forEach(consumer::seek);
    }
    while (!reader.closed()) {
      consumer.poll(TopicReader.POLL).forEach(this::judge);
      acks.forEach(partition -> positions.put(partition, consumer.position(partition)));
      if (!waiting.isEmpty()) {
        lastBudgets().forEach(again::sign);
        waiting.clear();
      }
    }
  }

  private static void seekBack(Consumer<String, byte[]> consumer, List<TopicPartition> acks) {
    Map<TopicPartition, Long> since = new HashMap<>();
    long from = System.currentTimeMillis() - LOOK_BACK.toMillis();
    acks.forEach(partition -> since.put(partition, from));
    Map<TopicPartition, OffsetAndTimestamp> starts = consumer.offsetsForTimes(since);
    for (TopicPartition partition : acks) {
      OffsetAndTimestamp start = starts.get(partition);
      if (start == null) {
        consumer.seekToEnd(List.of(partition));
      } else {
        consumer.seek(partition, start.offset());
      }
    }
  }

  private void judge(ConsumerRecord<String, byte[]> record) {
    if (record.value() == null) {
      return;
    }
    try {
      BudgetAck ack = codec.decode(record.value());
      if (keyWasRight(ack)) {
        keys.accepted(ack.getDevice());
      } else if (signedAgain(ack)) {
        waiting.add(ack.getDevice());
      }
    } catch (WireException e) {
      // The uplink lets only readable ones in; another writer did this.
      warning.say("device={} unreadable ack: {}", record.key(), e.asHeader());
    }
  }

  /** A device looks at the signature before it looks at these. */
  private static boolean keyWasRight(BudgetAck ack) {
    return switch (ack.getRefusal()) {
      case REPLAYED, OUT_OF_RANGE, STORE_FAILED -> true;
      default -> ack.getOutcome() != AckOutcome.REFUSED;
    };
  }

  private boolean signedAgain(BudgetAck refusal) {
    return switch (refusal.getRefusal()) {
      case UNKNOWN_KEY -> keys.refused(refusal.getDevice());
      case BAD_SIGNATURE -> keys.refusedTag(refusal.getDevice());
      default -> false;
    };
  }

  /** Of the devices that wait and are ours, from the beginning of the compacted topic. */
  private Collection<ConsumerRecord<String, byte[]>> lastBudgets() {
    Map<String, ConsumerRecord<String, byte[]>> last = new HashMap<>();
    try (var consumer = readers.get()) {
      List<TopicPartition> ours =
          TopicReader.partitions(consumer, Topics.BUDGETS).stream()
              .filter(partition -> owned.test(partition.partition()))
              .toList();
      TopicReader.End end = TopicReader.fromBeginning(consumer, ours);
      while (!reader.closed() && !end.reached()) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(TopicReader.POLL)) {
          if (record.key() != null && waiting.contains(record.key())) {
            last.put(record.key(), record);
          }
        }
      }
    }
    return last.values();
  }
}
