package io.fqtfleet.streams.console;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;

/**
 * The latest records of one key, read on demand from the end of its partition. A key that was not
 * among the last {@value #LOOKED_AT_MAX} records there shows nothing: the price of no index.
 */
final class TopicTail {
  static final int LOOKED_AT_MAX = 20_000;
  private static final int AT_ONCE = 4;
  private static final int TIMEOUT_MS = 4_000;
  private static final Duration POLL = Duration.ofMillis(100);

  private final Map<String, Object> client;
  private final Semaphore slots = new Semaphore(AT_ONCE);

  TopicTail(Map<String, Object> client) {
    this.client = new HashMap<>(client);
    this.client.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    this.client.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MS);
    this.client.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, LOOKED_AT_MAX);
  }

  /** At most {@code max}, oldest first; what cannot be read is left out. */
  <T extends SpecificRecord> List<T> last(String topic, String key, WireCodec<T> codec, int max)
      throws ApiException {
    if (!slots.tryAcquire()) {
      throw new ApiException(
          ApiException.TOO_MANY, "too many device pages are being loaded; try again in a moment");
    }
    Deque<T> found = new ArrayDeque<>();
    try (var consumer =
        new KafkaConsumer<>(client, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
      int partitions = consumer.partitionsFor(topic).size();
      TopicPartition place =
          new TopicPartition(topic, Utils.toPositive(Utils.murmur2(keyBytes)) % partitions);
      consumer.assign(List.of(place));
      long end = consumer.endOffsets(List.of(place)).get(place);
      long begin = consumer.beginningOffsets(List.of(place)).get(place);
      consumer.seek(place, Math.max(begin, end - LOOKED_AT_MAX));
      long deadline = System.nanoTime() + TIMEOUT_MS * 1_000_000L;
      while (consumer.position(place) < end && System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          if (Arrays.equals(record.key(), keyBytes) && record.value() != null) {
            keep(found, codec, record.value(), max);
          }
        }
      }
      return List.copyOf(found);
    } catch (KafkaException e) {
      throw new ApiException(
          ApiException.UNAVAILABLE, "Kafka does not answer (" + e.getMessage() + "); try again");
    } finally {
      slots.release();
    }
  }

  private static <T extends SpecificRecord> void keep(
      Deque<T> found, WireCodec<T> codec, byte[] bytes, int max) {
    try {
      found.addLast(codec.decode(bytes));
      if (found.size() > max) {
        found.removeFirst();
      }
    } catch (WireException e) {
      // It is among the dead letters, with its reason; here it would say nothing.
      return;
    }
  }
}
