package io.fqtfleet.gateway.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Kafka clients whose metrics are told as long as they are open, and no longer. */
final class MeteredClients {
  private MeteredClients() {}

  static Producer<String, byte[]> producer(Map<String, Object> settings, MeterRegistry meters) {
    MeteredProducer producer = new MeteredProducer(settings);
    producer.metrics.bindTo(meters);
    return producer;
  }

  static Consumer<String, byte[]> consumer(Map<String, Object> settings, MeterRegistry meters) {
    MeteredConsumer consumer = new MeteredConsumer(settings);
    consumer.metrics.bindTo(meters);
    return consumer;
  }

  private static final class MeteredProducer extends KafkaProducer<String, byte[]> {
    private final KafkaClientMetrics metrics = new KafkaClientMetrics(this);

    MeteredProducer(Map<String, Object> settings) {
      super(settings, new StringSerializer(), new ByteArraySerializer());
    }

    @Override
    public void close() {
      metrics.close();
      super.close();
    }

    @Override
    public void close(Duration timeout) {
      metrics.close();
      super.close(timeout);
    }
  }

  private static final class MeteredConsumer extends KafkaConsumer<String, byte[]> {
    private final KafkaClientMetrics metrics = new KafkaClientMetrics(this);

    MeteredConsumer(Map<String, Object> settings) {
      super(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public void close() {
      metrics.close();
      super.close();
    }

    @Override
    public void close(CloseOptions options) {
      metrics.close();
      super.close(options);
    }
  }
}
