package io.fqtfleet.programs.bench;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The least that brings a report into Kafka: acks=all, idempotent, one thread, no headers. */
final class BareProducer implements AutoCloseable {
  static final String TOPIC = "bench.reports";

  private final KafkaProducer<String, byte[]> producer;

  BareProducer(String bootstrapServers, Duration linger) {
    producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                ProducerConfig.LINGER_MS_CONFIG,
                linger.toMillis()),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  /** Returns when Kafka has confirmed all. */
  void send(ReportPackets packets, long reports) {
    AtomicReference<Exception> failure = new AtomicReference<>();
    for (long n = 0; n < reports && failure.get() == null; n++) {
      producer.send(
          new ProducerRecord<>(TOPIC, packets.device(n), packets.payload(n)),
          (metadata, e) -> {
            if (e != null) {
              failure.set(e);
            }
          });
    }
    producer.flush();
    if (failure.get() != null) {
      throw new IllegalStateException("Kafka did not take a report", failure.get());
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
