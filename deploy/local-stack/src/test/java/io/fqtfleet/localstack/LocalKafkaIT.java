package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalKafkaIT {
  private static final TopicPartition TOPIC = new TopicPartition("kept", 0);

  @TempDir Path directory;

  @Test
  void recordsSurviveARestartOnTheSamePort() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory)) {
      kafka.start();
      String servers = kafka.bootstrapServers();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
        admin.createTopics(List.of(new NewTopic(TOPIC.topic(), 1, (short) 1))).all().get();
      }
      send(servers, "before");
      kafka.stop();
      kafka.start();
      assertEquals(servers, kafka.bootstrapServers());
      send(servers, "after");
      assertEquals(List.of("before", "after"), read(servers, 2));
    }
  }

  @Test
  void aNewObjectOpensTheSameDirectory() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory)) {
      kafka.start();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
        admin.createTopics(List.of(new NewTopic(TOPIC.topic(), 1, (short) 1))).all().get();
      }
      send(kafka.bootstrapServers(), "kept");
    }
    try (LocalKafka again = new LocalKafka(directory)) {
      again.start();
      assertEquals(List.of("kept"), read(again.bootstrapServers(), 1));
    }
  }

  private static void send(String servers, String value) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", servers, "transactional.id", "it");
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(TOPIC.topic(), value));
      producer.commitTransaction();
    }
  }

  private static List<String> read(String servers, int count) {
    List<String> values = new ArrayList<>();
    Map<String, Object> settings =
        Map.of("bootstrap.servers", servers, "isolation.level", "read_committed");
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(TOPIC));
      consumer.seekToBeginning(List.of(TOPIC));
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (values.size() < count && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
      }
    }
    assertTrue(values.size() >= count, "read only " + values);
    return values;
  }
}
