package io.fqtfleet.streams;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes as the gateway does and reads what was committed. */
public final class KafkaProbe implements AutoCloseable {
  private final String servers;
  private final KafkaProducer<String, byte[]> producer;

  public KafkaProbe(String servers) {
    this.servers = servers;
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                ProducerConfig.ACKS_CONFIG,
                "all"),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  public <T extends SpecificRecord> void send(
      String topic, String key, WireCodec<T> codec, T value) {
    sendBytes(topic, key, codec.encode(value));
  }

  public void sendBytes(String topic, String key, byte[] value) {
    producer.send(new ProducerRecord<>(topic, key, value));
  }

  public boolean exists(String topic) {
    Map<String, Object> config = Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
    try (Admin admin = Admin.create(config)) {
      return admin.listTopics().names().get().contains(topic);
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError("Kafka at " + servers + " does not list its topics", e);
    }
  }

  public void flush() {
    producer.flush();
  }

  /** Every committed record of a topic, each partition in order. */
  public List<ConsumerRecord<String, byte[]>> committed(String topic) {
    List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
    Map<String, Object> config =
        Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
            servers,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed");
    try (var consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
    }
    return records;
  }

  public <T extends SpecificRecord> List<T> committed(String topic, WireCodec<T> codec) {
    List<T> values = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : committed(topic)) {
      try {
        values.add(codec.decode(record.value()));
      } catch (WireException e) {
        throw new AssertionError("unreadable record in " + topic, e);
      }
    }
    return values;
  }

  @Override
  public void close() {
    producer.close();
  }
}
