package io.fqtfleet.gateway.kafka;

import io.fqtfleet.gateway.ops.PacedWarning;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ownership of numbered things, one per partition of a topic, from a Kafka consumer group. One
 * thread polls; it calls the owner.
 */
public final class GroupOwnership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GroupOwnership.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration FAREWELL = Duration.ofSeconds(2);
  private static final long RETRY_MS = 1_000;
  private static final long JOIN_TIMEOUT_MS = 15_000;

  /** What is owned. Called by the polling thread; only this thread may use the consumer. */
  public interface Owner {
    void own(int partition);

    /** Must be over when it returns, but for some seconds at most. */
    void disown(List<Integer> partitions);

    /** Between polls, also with no records. */
    void polled(Consumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> records);

    /** An offset that may be committed for the partition at this moment. */
    long committable(int partition);
  }

  private final String topic;
  private final Supplier<Consumer<String, byte[]>> members;
  private final Owner owner;
  private final MembershipCheck check;
  private final PacedWarning warning = new PacedWarning(LOG);
  private final Thread thread;

  /** Only used by the polling thread. */
  private final Set<Integer> owned = new TreeSet<>();

  private volatile boolean closed;
  private volatile boolean joined;
  private volatile Consumer<String, byte[]> consumer;

  public GroupOwnership(
      String name, String topic, Supplier<Consumer<String, byte[]>> members, Owner owner) {
    this.topic = topic;
    this.members = members;
    this.owner = owner;
    this.check = new MembershipCheck(topic);
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  /** Asks the coordinator; blocks for some seconds at most. */
  public boolean confirms(int partition) {
    return check.owns(partition);
  }

  /** True once the group has given this member its share, which may be nothing. */
  public boolean joined() {
    return joined;
  }

  @Override
  public void close() {
    closed = true;
    Consumer<String, byte[]> polling = consumer;
    if (polling != null) {
      polling.wakeup();
    }
    try {
      thread.join(JOIN_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      Consumer<String, byte[]> member = null;
      try {
        member = members.get();
        consumer = member;
        member.subscribe(List.of(topic), new Rebalance());
        while (!closed) {
          owner.polled(member, member.poll(POLL));
          check.answer(member, owner::committable);
        }
      } catch (WakeupException e) {
        LOG.debug("topic={} woken to close", topic);
      } catch (KafkaException e) {
        warning.say("topic={} membership failed, joining again: {}", topic, e.toString());
        pause();
      } finally {
        leave(member);
      }
    }
  }

  private void leave(Consumer<String, byte[]> member) {
    joined = false;
    if (member == null) {
      return;
    }
    try {
      // Revokes what is owned, so the owner lets go before another member gets it.
      member.close(CloseOptions.timeout(FAREWELL));
    } catch (KafkaException e) {
      LOG.info("topic={} leaving the group: {}", topic, e.toString());
    }
    // Where the group could not be left in good order.
    disown(List.copyOf(owned));
  }

  private void disown(List<Integer> partitions) {
    if (!partitions.isEmpty()) {
      owned.removeAll(partitions);
      owner.disown(partitions);
    }
  }

  private void pause() {
    try {
      Thread.sleep(RETRY_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  private final class Rebalance implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      LOG.info("topic={} owned in addition: {}", topic, partitions);
      joined = true;
      for (TopicPartition partition : partitions) {
        owned.add(partition.partition());
        owner.own(partition.partition());
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      LOG.info("topic={} no longer owned: {}", topic, partitions);
      disown(partitions.stream().map(TopicPartition::partition).toList());
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      LOG.warn("topic={} lost without a farewell: {}", topic, partitions);
      joined = false;
      disown(partitions.stream().map(TopicPartition::partition).toList());
    }
  }
}
