package io.fqtfleet.programs.bench;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads what comes to a topic after this object was made, and accounts for every report. */
final class ReportTail implements AutoCloseable {
  static final String THREAD = "bench-reader";
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<String, byte[]> consumer;
  private final ReportPackets packets;

  ReportTail(String bootstrapServers, String topic, ReportPackets packets) {
    this.packets = packets;
    this.consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "fetch.max.wait.ms", "100"),
            new StringDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
  }

  /** What became of the reports of a plan. */
  record Account(long lost, long duplicated, long outOfOrder) {}

  /**
   * Reads until every report of the plan was seen, or none came for {@code patience}.
   *
   * @param readableMicros gets the time from the intended send until a report was read; null for
   *     unpaced plans
   */
  Account read(MqttLoad.Plan plan, long startNanos, Duration patience, Histogram readableMicros) {
    BitSet seen = new BitSet((int) plan.reports());
    long[] last = new long[packets.devices()];
    long duplicated = 0;
    long outOfOrder = 0;
    long quietSince = System.nanoTime();
    while (seen.cardinality() < plan.reports()
        && System.nanoTime() - quietSince < patience.toNanos()) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
        quietSince = System.nanoTime();
        long report = packets.number(record.value());
        int index = Math.toIntExact(report - plan.first());
        if (index < 0 || index >= plan.reports()) {
          throw new IllegalStateException("report " + report + " is of another measurement");
        }
        if (readableMicros != null) {
          long micros = (quietSince - plan.intendedNanos(startNanos, report)) / 1_000;
          readableMicros.recordValue(Math.max(0, micros));
        }
        if (seen.get(index)) {
          duplicated++;
          continue;
        }
        seen.set(index);
        int device = (int) (report % packets.devices());
        outOfOrder += index < last[device] ? 1 : 0;
        last[device] = Math.max(last[device], index);
      }
    }
    return new Account(plan.reports() - seen.cardinality(), duplicated, outOfOrder);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
