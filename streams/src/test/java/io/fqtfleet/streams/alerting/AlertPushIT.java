package io.fqtfleet.streams.alerting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.streams.KafkaProbe;
import io.fqtfleet.streams.ops.Meters;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The push between a real broker and an Alertmanager that fails, vanishes and comes back. */
class AlertPushIT {
  private static final long RESOLVE_TIMEOUT_MS = 1500;

  @TempDir Path directory;
  private final Meters meters = new Meters();

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited 60 s for: " + what);
      Thread.sleep(20);
    }
  }

  static void createTopic(LocalKafka kafka, int partitions) throws Exception {
    try (Admin admin =
        Admin.create(
            Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers()))) {
      NewTopic topic =
          new NewTopic(Topics.ALERTS, partitions, (short) 1)
              .configs(Map.of("cleanup.policy", "compact"));
      admin.createTopics(List.of(topic)).all().get();
    }
  }

  static AlertPush push(LocalKafka kafka, String url, long resolveTimeoutMs, Meters meters) {
    Map<String, Object> client = new HashMap<>();
    client.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    client.put(ConsumerConfig.GROUP_ID_CONFIG, "push");
    AlertPush push =
        new AlertPush(
            new AlertPush.Settings(url, Duration.ofMillis(resolveTimeoutMs), Duration.ofSeconds(5)),
            client,
            meters);
    push.start();
    return push;
  }

  static void send(KafkaProbe probe, Alert alert) {
    probe.send(Topics.ALERTS, alert.getId(), SampleAlerts.CODEC, alert);
    probe.flush();
  }

  private static long posts(FakeAlertmanager fake, String id) {
    return fake.posted().stream().filter(p -> p.id().equals(id)).count();
  }

  private static boolean over(FakeAlertmanager fake, String id) {
    return fake.posted().stream().anyMatch(p -> p.id().equals(id) && !p.firing());
  }

  private long outcomes(String outcome) {
    return meters.value("alert_pushes", Map.of("outcome", outcome));
  }

  @Test
  void everyChangeArrivesThroughOutagesAndRestartsUnderOneIdentity() throws Exception {
    try (LocalKafka kafka = new LocalKafka(directory.resolve("kafka"))) {
      kafka.start();
      createTopic(kafka, 2);
      long t0 = System.currentTimeMillis();
      Alert first = SampleAlerts.firing("a1", "line-1", t0);
      Alert second = SampleAlerts.firing("b2", "line-2", t0);
      Alert past = SampleAlerts.firing("old", "line-0", t0 - 9000);
      FakeAlertmanager fake = new FakeAlertmanager(0);
      String url = fake.url();
      try (KafkaProbe probe = new KafkaProbe(kafka.bootstrapServers())) {
        send(probe, past);
        send(probe, SampleAlerts.resolved(past, AlertStatus.RESOLVED, t0 - 5000));
        send(probe, first);
        try (AlertPush push = push(kafka, url, RESOLVE_TIMEOUT_MS, meters)) {
          await("the open alert, and it again", () -> posts(fake, "a1") >= 3);
          assertEquals(0, posts(fake, "old"), "what was over before the first start is not told");
          uncommitted(kafka, SampleAlerts.firing("never", "line-9", t0));
          // It is away: what happens meanwhile waits, and health says why.
          fake.answerWith(503);
          send(probe, SampleAlerts.resolved(first, AlertStatus.RESOLVED, t0 + 10));
          send(probe, second);
          await("a cause", () -> push.problem().orElse("").contains("answered 503"));
          assertTrue(push.problem().orElseThrow().contains("changes wait"), "how many wait");
        }
        fake.answerWith(200);
        try (AlertPush again = push(kafka, url, RESOLVE_TIMEOUT_MS, meters)) {
          await("the end that the first instance could not tell", () -> over(fake, "a1"));
          await("the alert raised meanwhile", () -> posts(fake, "b2") >= 1);
          await("health", () -> again.problem().isEmpty());
        }
        long ends = posts(fake, "a1");
        try (AlertPush third = push(kafka, url, RESOLVE_TIMEOUT_MS, meters)) {
          long before = posts(fake, "b2");
          await("what is open, again", () -> posts(fake, "b2") > before);
          assertEquals(ends, posts(fake, "a1"), "an end that was told is not told again");
          fake.refuse("bad");
          send(probe, SampleAlerts.firing("bad", "line-3", t0));
          send(probe, SampleAlerts.firing("c3", "line-4", t0));
          await("the one beside a refused one", () -> posts(fake, "c3") >= 1);
          await("the refused one is counted", () -> outcomes("REFUSED") >= 1);
          assertTrue(third.problem().isEmpty(), third.problem().toString());
        }
        assertEquals(0, posts(fake, "never"), "read_committed");
        Set<String> ids = new HashSet<>();
        fake.alerts().values().forEach(p -> assertTrue(ids.add(p.id()), "two identities: " + p));
      } finally {
        fake.close();
      }
    }
  }

  /** A state of a transaction that is never committed. */
  private static void uncommitted(LocalKafka kafka, Alert alert) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            kafka.bootstrapServers(),
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            "aborts");
    try (var producer =
        new KafkaProducer<>(config, new StringSerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(
          new ProducerRecord<>(Topics.ALERTS, alert.getId(), SampleAlerts.CODEC.encode(alert)));
      producer.flush();
      producer.abortTransaction();
    }
  }
}
