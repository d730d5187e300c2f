package io.fqtfleet.localstack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka nodes as processes: what can be done to them. */
class KafkaClusterIT {
  @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.NEVER)
  Path directory;

  private static KafkaProducer<String, String> producer(String servers) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", servers, "acks", "all"),
        new StringSerializer(),
        new StringSerializer());
  }

  private static int leader(String servers) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      return admin
          .describeTopics(List.of("t"))
          .allTopicNames()
          .get()
          .get("t")
          .partitions()
          .get(0)
          .leader()
          .id();
    }
  }

  @Test
  void ofThreeNodesTheLeaderMayDieAndNothingIsLost() throws Exception {
    try (KafkaCluster kafka = new KafkaCluster(directory, 3, List.of())) {
      kafka.start();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.directServers()))) {
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 3))).all().get();
      }
      try (var producer = producer(kafka.bootstrapServers())) {
        producer.send(new ProducerRecord<>("t", "before")).get();
        int leader = leader(kafka.directServers());
        kafka.kill(leader - 1);
        assertFalse(kafka.alive(leader - 1));
        RecordMetadata after =
            producer.send(new ProducerRecord<>("t", "after")).get(60, TimeUnit.SECONDS);
        assertEquals(1, after.offset());
        assertNotEquals(leader, leader(kafka.directServers()));
        kafka.start(leader - 1);
        assertTrue(kafka.alive(leader - 1));
      }
    }
  }

  @Test
  void aPausedNodeAnswersAfterwardsAndClientsMayComeThroughAProxy() throws Exception {
    try (KafkaCluster kafka = new KafkaCluster(directory, 1, List.of());
        FaultyProxy proxy = new FaultyProxy(kafka.port(0))) {
      kafka.advertise(0, proxy.port());
      kafka.start();
      assertTrue(kafka.bootstrapServers().endsWith(":" + proxy.port()));
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.directServers()))) {
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
      }
      try (var producer = producer(kafka.bootstrapServers())) {
        producer.send(new ProducerRecord<>("t", "before")).get();
        assertTrue(proxy.connections() > 0);
        kafka.pause(0);
        Future<RecordMetadata> waiting = producer.send(new ProducerRecord<>("t", "paused"));
        assertThrows(TimeoutException.class, () -> waiting.get(1, TimeUnit.SECONDS));
        kafka.resume(0);
        assertEquals(1, waiting.get(60, TimeUnit.SECONDS).offset());
        kafka.stop(0);
        // A producer without any reachable node asks for metadata anew, so the call itself may
        // wait.
        Future<RecordMetadata> stopped =
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return producer.send(new ProducerRecord<>("t", "stopped")).get();
                  } catch (InterruptedException | ExecutionException e) {
                    throw new IllegalStateException("the record was refused", e);
                  }
                });
        kafka.start(0);
        assertEquals(2, stopped.get(60, TimeUnit.SECONDS).offset());
      } catch (ExecutionException e) {
        throw new AssertionError("a record was refused", e.getCause());
      }
    }
  }
}
