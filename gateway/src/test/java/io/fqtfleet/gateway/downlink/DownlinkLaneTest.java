package io.fqtfleet.gateway.downlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.FakeLink;
import io.fqtfleet.gateway.Messages;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.Backoff;
import io.fqtfleet.gateway.mqtt.BrokerLimits;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.OwnedLoop;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DownlinkLaneTest {
  private static final int WINDOW = 3;
  private static final Duration REPEAT = Duration.ofSeconds(60);
  private static final long NOW_MS = 1_000_000;
  private final AtomicLong nanos = new AtomicLong();
  private final FakeLink.Maker links = new FakeLink.Maker();
  private final MockProducer<String, byte[]> producer =
      new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
  private final DownlinkLane lane =
      new DownlinkLane(
          new MqttLink.Settings(
              "tcp://nowhere:1",
              "fqt-gateway-down-0",
              MqttLink.Login.NONE,
              true,
              0,
              WINDOW,
              Duration.ofSeconds(1),
              Duration.ofSeconds(1)),
          WINDOW,
          REPEAT,
          links,
          new SharedProducer(() -> producer),
          new BudgetEncoder(BudgetKeys.derived(new byte[32], 1), device -> OptionalLong.empty()),
          () -> Instant.ofEpochMilli(NOW_MS),
          nanos::get);
  private final OwnedLoop loop =
      new OwnedLoop(
          "down-0",
          lane,
          new Backoff(Duration.ofMillis(10), Duration.ofMillis(20), new Random(1)),
          () -> true);

  private static ConsumerRecord<String, byte[]> record(long offset, byte[] value) {
    return new ConsumerRecord<>(Topics.BUDGETS, 0, offset, "a", value);
  }

  private static ConsumerRecord<String, byte[]> record(long offset) {
    return record(offset, Messages.budget("a", offset));
  }

  private FakeLink started() throws InterruptedException {
    lane.begin(10);
    loop.start();
    loop.own();
    FakeLink link = links.await(0);
    awaitReady();
    return link;
  }

  private void awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!lane.ready()) {
      assertTrue(System.nanoTime() < deadline, "not ready");
      Thread.sleep(2);
    }
  }

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void nothingIsTakenWithoutAConnection() {
    lane.begin(10);
    assertFalse(lane.offer(record(10)));
    assertEquals(10, lane.committable());
  }

  @Test
  void anOffsetMayBeCommittedOnceAllBeforeItAreAcknowledged() throws Exception {
    FakeLink link = started();
    assertTrue(lane.offer(record(10)));
    assertTrue(lane.offer(record(11)));
    assertTrue(lane.offer(record(15)));
    assertFalse(lane.offer(record(16)), "the window is full");
    link.published.get(1).acknowledged().complete(null);
    assertEquals(10, lane.committable());
    link.published.get(0).acknowledged().complete(null);
    assertEquals(12, lane.committable());
    link.published.get(2).acknowledged().complete(null);
    assertEquals(16, lane.committable());
    assertEquals(3, lane.counters().snapshot().published());
  }

  private static ConsumerRecord<String, byte[]> retired(long offset) {
    ConsumerRecord<String, byte[]> record = record(offset, null);
    record.headers().add(Headers.RETIRED, "true".getBytes(StandardCharsets.UTF_8));
    return record;
  }

  @Test
  void ofARetiredDeviceBudgetAndStatusAreDeletedBeforeItIsCommitted() throws Exception {
    FakeLink link = started();
    assertTrue(lane.offer(record(10, null)));
    link.published.get(0).acknowledged().complete(null);
    assertEquals(1, link.published.size(), "a deleted budget alone leaves the status");
    assertTrue(lane.offer(retired(11)));
    assertEquals(Topics.budget("a"), link.published.get(1).topic());
    link.published.get(1).acknowledged().complete(null);
    assertEquals(Topics.up("a", Topics.Uplink.STATUS), link.published.get(2).topic());
    assertEquals(0, link.published.get(2).payload().length);
    assertEquals(11, lane.committable());
    link.published.get(2).acknowledged().complete(null);
    assertEquals(12, lane.committable());

    lane.offer(retired(12));
    link.published.get(3).acknowledged().complete(null);
    link.published.get(4).acknowledged().completeExceptionally(new MqttLinkException("0x87"));
    assertEquals(13, lane.committable(), "a broker that forbids it stops no budget");
  }

  @Test
  void theBrokersReceiveMaximumNarrowsTheWindow() throws Exception {
    links.limits = new BrokerLimits(1, 0, 2, true, true, Long.MAX_VALUE);
    started();
    assertTrue(lane.offer(record(10)));
    assertFalse(lane.offer(record(11)));
  }

  @Test
  void whatWasNotAcknowledgedIsReadAgainAfterTheConnectionEnded() throws Exception {
    FakeLink link = started();
    lane.offer(record(10));
    lane.offer(record(11));
    link.published.get(0).acknowledged().complete(null);
    link.listener.lost(MqttLink.NO_REASON_CODE, "broken");
    links.await(1);
    assertFalse(lane.ready(), "not before the reader has gone back");
    assertTrue(lane.takeRewind());
    assertFalse(lane.takeRewind());
    assertEquals(11, lane.committable());
    link.published.get(1).acknowledged().complete(null);
    assertEquals(11, lane.committable(), "the first connection counts no more");
    assertEquals(1, lane.counters().snapshot().repeated());
    awaitReady();
  }

  private void deliver(FakeLink link, long offset, String device) {
    assertTrue(
        lane.offer(
            new ConsumerRecord<>(
                Topics.BUDGETS, 0, offset, device, Messages.budget(device, offset))));
    link.published.get(link.published.size() - 1).acknowledged().complete(null);
  }

  @Test
  void whatTheBrokerMayHaveForgottenIsRepeatedOncePerDeviceAndCommitsNothingBack()
      throws Exception {
    FakeLink link = started();
    deliver(link, 10, "old");
    nanos.addAndGet(REPEAT.toNanos() + 1);
    deliver(link, 11, "a");
    deliver(link, 12, "b");
    deliver(link, 13, "a");
    link.listener.lost(MqttLink.NO_REASON_CODE, "killed");
    FakeLink next = links.await(1);
    assertTrue(lane.takeRewind());
    assertEquals(12, lane.rewindTo(), "11 was replaced by 13, 10 is long saved");
    assertEquals(14, lane.committable());
    awaitReady();
    deliver(next, 12, "b");
    deliver(next, 13, "a");
    assertEquals(2, next.published.size());
    deliver(next, 14, "c");
    assertEquals(15, lane.committable());
  }

  @Test
  void aReplacedBudgetIsNotRepeatedEvenIfItIsReadAgain() throws Exception {
    FakeLink link = started();
    deliver(link, 10, "b");
    deliver(link, 11, "a");
    deliver(link, 12, "a");
    link.listener.lost(MqttLink.NO_REASON_CODE, "killed");
    FakeLink next = links.await(1);
    assertTrue(lane.takeRewind());
    assertEquals(10, lane.rewindTo());
    awaitReady();
    deliver(next, 10, "b");
    assertTrue(lane.offer(record(11)), "taken, but not published");
    assertEquals(1, next.published.size());
    deliver(next, 12, "a");
    assertEquals(2, next.published.size());
    assertEquals(13, lane.committable());
  }

  @Test
  void aRefusedPublicationEndsTheConnectionUncommitted() throws Exception {
    FakeLink link = started();
    lane.offer(record(10));
    link.published.get(0).acknowledged().completeExceptionally(new MqttLinkException("refused"));
    links.await(1);
    assertEquals(10, lane.committable());
  }

  @Test
  void anUndeliverableBudgetIsCommittedOnceItIsADeadLetter() throws Exception {
    started();
    assertTrue(lane.offer(record(10, new byte[] {1, 2})));
    assertEquals(10, lane.committable());
    assertEquals(Topics.DEAD_LETTERS, producer.history().get(0).topic());
    producer.completeNext();
    assertEquals(11, lane.committable());
    assertEquals(1L, lane.counters().snapshot().deadLetteredByReason().get("NOT_SINGLE_OBJECT"));
  }

  private static ConsumerRecord<String, byte[]> record(long offset, String header, String value) {
    ConsumerRecord<String, byte[]> record = record(offset);
    record.headers().add(header, value.getBytes(StandardCharsets.UTF_8));
    return record;
  }

  @Test
  void headersBecomePropertiesAndABudgetHasNoEndUnlessItStatesOne() throws Exception {
    FakeLink link = started();
    lane.offer(record(10, "mqtt-user-shift", "night"));
    MessageProperties first = link.published.get(0).properties();
    assertEquals(List.of(new MessageProperties.User("shift", "night")), first.user());
    assertEquals(BudgetEncoder.CONTENT_TYPE, first.contentType());
    assertEquals(MessageProperties.NO_EXPIRY, first.expirySeconds());
    lane.offer(record(11, Headers.EXPIRES_AT, Long.toString(NOW_MS + 9_001)));
    assertEquals(10, link.published.get(1).properties().expirySeconds());
    lane.offer(record(12, "mqtt-user-", "nameless"));
    assertEquals(1, lane.counters().snapshot().headersLeftOut());
  }

  @Test
  void aBudgetWhoseEndHasPassedIsADeadLetter() throws Exception {
    FakeLink link = started();
    lane.offer(record(10, Headers.EXPIRES_AT, Long.toString(NOW_MS)));
    producer.completeNext();
    assertEquals(List.of(), link.published);
    assertEquals(1L, lane.counters().snapshot().deadLetteredByReason().get("EXPIRED"));
    assertEquals(11, lane.committable());
  }

  @Test
  void anOversizeBudgetIsCutSoThatKafkaTakesTheDeadLetter() throws Exception {
    started();
    lane.offer(record(10, new byte[1 << 20]));
    assertEquals(4_096, producer.history().get(0).value().length);
    producer.completeNext();
    assertEquals(1L, lane.counters().snapshot().deadLetteredByReason().get("OVERSIZE"));
  }

  @Test
  void aBudgetIsSignedAgainUnlessALaterOneWentOut() throws Exception {
    FakeLink link = started();
    lane.signAgain(record(5));
    lane.publishAgain();
    assertEquals(1, link.published.size());
    assertEquals(1, lane.inFlight());
    assertEquals(10, lane.committable(), "it has no part in the commits");
    link.published.get(0).acknowledged().complete(null);
    assertEquals(1, lane.counters().snapshot().signedAgain());
    assertEquals(0, lane.inFlight());
    lane.offer(record(10));
    lane.signAgain(record(9));
    lane.signAgain(new ConsumerRecord<>(Topics.BUDGETS, 0, 11, "b", null));
    lane.publishAgain();
    assertEquals(2, link.published.size(), "an older one must not follow, a deletion needs no key");
    lane.signAgain(record(10));
    lane.publishAgain();
    assertEquals(3, link.published.size(), "the last one itself");
  }

  @Test
  void whatWasToBeSignedAgainIsNotForgottenWhenTheConnectionEnds() throws Exception {
    FakeLink link = started();
    lane.signAgain(record(5));
    lane.publishAgain();
    link.listener.lost(MqttLink.NO_REASON_CODE, "broken");
    FakeLink second = links.await(1);
    assertTrue(lane.takeRewind());
    awaitReady();
    lane.publishAgain();
    assertEquals(1, second.published.size());
  }

  @Test
  void theWindowHoldsForWhatIsSignedAgainToo() throws Exception {
    links.limits = new BrokerLimits(1, 0, 2, true, true, Long.MAX_VALUE);
    FakeLink link = started();
    lane.offer(record(10));
    lane.signAgain(record(10));
    lane.publishAgain();
    assertEquals(1, link.published.size());
    link.published.get(0).acknowledged().complete(null);
    lane.publishAgain();
    assertEquals(2, link.published.size());
    assertFalse(lane.offer(record(11)));
  }

  @Test
  void aDeadLetterThatKafkaDoesNotTakeIsTriedAgain() throws Exception {
    started();
    lane.offer(record(10, new byte[] {1, 2}));
    producer.errorNext(new org.apache.kafka.common.errors.TimeoutException("away"));
    links.await(1);
    assertEquals(10, lane.committable());
    assertTrue(producer.closed());
  }
}
