package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.ops.PacedWarning;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which keys of a device are revoked, from {@code fqt.devices.v1} as a table: all of a retired
 * device, all but one of a device whose registration names one. One thread reads; only devices with
 * such a registration are kept.
 */
final class DeviceRegistry implements AutoCloseable, BudgetKeys.Allowed {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceRegistry.class);

  /** No key has this number. */
  private static final int NONE = -1;

  private final WireCodec<DeviceRegistration> codec = WireCodec.of(DeviceRegistration.class);

  /** The only key id that counts, or {@link #NONE}. */
  private final Map<String, Integer> onlyKey = new ConcurrentHashMap<>();

  private final CountDownLatch caughtUp = new CountDownLatch(1);
  private final PacedWarning warning = new PacedWarning(LOG);
  private final TopicReader reader;

  DeviceRegistry(Supplier<Consumer<String, byte[]>> readers) {
    this.reader = new TopicReader("fqt-down-registry", Topics.DEVICES, readers, this::follow);
  }

  void start() {
    reader.start();
  }

  @Override
  public boolean key(String device, int keyId) {
    Integer only = onlyKey.get(device);
    return only == null || only == keyId;
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
        TopicReader.fromBeginning(consumer, TopicReader.partitions(consumer, Topics.DEVICES));
    while (!reader.closed()) {
      consumer.poll(TopicReader.POLL).forEach(this::put);
      if (!caughtUp() && end.reached()) {
        caughtUp.countDown();
      }
    }
  }

  void put(ConsumerRecord<String, byte[]> record) {
    if (record.key() == null) {
      return;
    }
    if (record.value() == null) {
      onlyKey.remove(record.key());
      return;
    }
    try {
      DeviceRegistration registration = codec.decode(record.value());
      if (registration.getState() == RegistryState.RETIRED) {
        onlyKey.put(record.key(), NONE);
      } else if (registration.getKeyId() > 0) {
        onlyKey.put(record.key(), registration.getKeyId());
      } else {
        onlyKey.remove(record.key());
      }
    } catch (WireException e) {
      // What was known of the device stays; streams makes a dead letter of it.
      warning.say("device={} unreadable registration: {}", record.key(), e.asHeader());
    }
  }
}
