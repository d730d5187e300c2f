package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.ops.PacedWarning;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which budget schema each device reads, from {@code fqt.status.v1} as a table. One thread reads;
 * about 100 bytes per device.
 */
final class DeviceSchemas implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceSchemas.class);

  private final WireCodec<DeviceStatus> codec = WireCodec.of(DeviceStatus.class);
  private final Map<String, Long> schemas = new ConcurrentHashMap<>();
  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private final PacedWarning warning = new PacedWarning(LOG);
  private final TopicReader reader;

  DeviceSchemas(Supplier<Consumer<String, byte[]>> readers) {
    this.reader = new TopicReader("fqt-down-status", Topics.STATUS, readers, this::follow);
  }

  void start() {
    reader.start();
  }

  /** Empty if the device has sent no status. */
  OptionalLong of(String device) {
    Long schema = schemas.get(device);
    return schema == null ? OptionalLong.empty() : OptionalLong.of(schema);
  }

  /** True once all that was in the topic at the start has been read. */
  boolean caughtUp() {
    return caughtUp.getCount() == 0;
  }

  @Override
  public void close() {
    reader.close();
  }

  private void follow(Consumer<String, byte[]> consumer) {
    TopicReader.End end =
        TopicReader.fromBeginning(consumer, TopicReader.partitions(consumer, Topics.STATUS));
    while (!reader.closed()) {
      consumer.poll(TopicReader.POLL).forEach(this::put);
      if (!caughtUp() && end.reached()) {
        LOG.info("topic={} devices={} read", Topics.STATUS, schemas.size());
        caughtUp.countDown();
      }
    }
  }

  private void put(ConsumerRecord<String, byte[]> record) {
    if (record.key() == null) {
      return;
    }
    if (record.value() == null) {
      schemas.remove(record.key());
      return;
    }
    try {
      schemas.put(record.key(), codec.decode(record.value()).getBudgetSchema());
    } catch (WireException e) {
      // The uplink lets only readable ones in; another writer did this.
      warning.say("device={} unreadable status: {}", record.key(), e.asHeader());
    }
  }
}
