package io.fqtfleet.gateway.uplink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.FakeLink;
import io.fqtfleet.gateway.Messages;
import io.fqtfleet.gateway.kafka.SharedProducer;
import io.fqtfleet.gateway.mqtt.Backoff;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.OwnedLoop;
import io.fqtfleet.schemas.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UplinkSessionTest {
  private static final String TOPIC = Topics.up("a", Topics.Uplink.REPORT);
  private static final int WINDOW = 10;

  private final FakeLink.Maker links = new FakeLink.Maker();
  private final List<MockProducer<String, byte[]>> producers = new ArrayList<>();
  private final SharedProducer shared = new SharedProducer(this::newProducer);
  private final AtomicInteger confirmations = new AtomicInteger();
  private volatile boolean confirmed = true;
  private final UplinkSession session =
      new UplinkSession(
          new MqttLink.Settings(
              "tcp://nowhere:1",
              "fqt-gateway-up-0",
              MqttLink.Login.NONE,
              false,
              MqttLink.Settings.NEVER_EXPIRES,
              WINDOW,
              Duration.ofSeconds(1),
              Duration.ofSeconds(1)),
          List.of("fqt/v1/up/00/#"),
          links,
          shared,
          new UplinkRouter(1_000, null),
          InstantSource.system());
  private final OwnedLoop loop =
      new OwnedLoop(
          "up-0",
          session,
          new Backoff(Duration.ofMillis(10), Duration.ofMillis(50), new Random(1)),
          () -> {
            confirmations.incrementAndGet();
            return confirmed;
          });

  private synchronized Producer<String, byte[]> newProducer() {
    List<PartitionInfo> partitions = new ArrayList<>();
    Node[] none = {};
    for (String topic : List.of(Topics.REPORTS, Topics.STATUS, Topics.ACKS, Topics.DEAD_LETTERS)) {
      partitions.add(new PartitionInfo(topic, 0, Node.noNode(), none, none));
    }
    Cluster cluster =
        new Cluster("c", List.of(), partitions, java.util.Set.of(), java.util.Set.of());
    producers.add(
        new MockProducer<>(
            cluster, false, null, new StringSerializer(), new ByteArraySerializer()));
    return producers.get(producers.size() - 1);
  }

  private FakeLink started() throws InterruptedException {
    loop.start();
    loop.own();
    return links.await(0);
  }

  private static List<byte[]> reports(int from, int to) {
    List<byte[]> payloads = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      payloads.add(Messages.report("a", i));
    }
    return payloads;
  }

  private UplinkCounters.Snapshot counted() {
    UplinkCounters.Snapshot s = session.counters().snapshot();
    assertTrue(s.balanced(), s.toString());
    return s;
  }

  private static void await(BooleanSupplier condition, String what) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited 10 s for: " + what);
      Thread.sleep(5);
    }
  }

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void nothingIsAcknowledgedBeforeKafkaConfirms() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 3), 1);
    assertEquals(3, producers.get(0).history().size());
    assertEquals(List.of(), link.acked());
    assertEquals(3, counted().inFlight());
    producers.get(0).completeNext();
    producers.get(0).completeNext();
    assertEquals(List.of(1, 2), link.acked());
    producers.get(0).completeNext();
    assertEquals(List.of(1, 2, 3), link.acked());
    assertEquals(3, counted().forwarded());
    assertEquals(0, counted().inFlight());
  }

  @Test
  void theSessionIsPersistentAndSubscribesItsShards() throws Exception {
    FakeLink link = started();
    assertFalse(link.settings.cleanStart());
    assertEquals(0xFFFF_FFFFL, link.settings.sessionExpirySeconds());
    assertEquals(WINDOW, link.settings.receiveMaximum());
    assertEquals(List.of("fqt/v1/up/00/#"), link.subscribed);
  }

  @Test
  void aFailedSendLeavesAllUnacknowledgedAndBeginsAgainWithAnotherProducer() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 4), 1);
    producers.get(0).completeNext();
    producers.get(0).errorNext(new TimeoutException("Kafka is away"));
    FakeLink second = links.await(1);
    assertTrue(link.closed);
    assertEquals(List.of(1), link.acked());
    assertTrue(producers.get(0).closed());
    assertEquals(1, counted().forwarded());
    assertEquals(3, counted().returned());
    // The broker delivers again; late messages of the first connection are ignored.
    link.deliver(TOPIC, reports(5, 5), 5);
    second.deliver(TOPIC, reports(2, 4), 1);
    assertEquals(3, producers.get(1).history().size());
    for (int i = 0; i < 3; i++) {
      producers.get(1).completeNext();
    }
    assertEquals(List.of(1, 2, 3), second.acked());
    assertEquals(4, counted().forwarded());
    assertEquals(7, counted().received());
    assertEquals(1, shared.failures());
  }

  @Test
  void aDeadLetterIsAcknowledgedLikeAnyOtherAfterKafkaConfirmed() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, List.of(new byte[] {1, 2, 3}), 1);
    link.deliver(TOPIC, reports(1, 1), 2);
    assertEquals(Topics.DEAD_LETTERS, producers.get(0).history().get(0).topic());
    assertEquals(List.of(), link.acked());
    producers.get(0).completeNext();
    producers.get(0).completeNext();
    assertEquals(List.of(1, 2), link.acked());
    assertEquals(1L, counted().deadLetteredByReason().get("NOT_SINGLE_OBJECT"));
    assertEquals(1, counted().forwarded());
  }

  @Test
  void aMessageThatKafkaFindsTooLargeIsADeadLetterAndDoesNotComeBackForEver() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 2), 1);
    producers.get(0).errorNext(new RecordTooLargeException("more than max.message.bytes"));
    assertEquals(List.of(), link.acked());
    producers.get(0).completeNext();
    producers.get(0).completeNext();
    assertEquals(List.of(1, 2), link.acked());
    assertEquals(1L, counted().deadLetteredByReason().get("OVERSIZE"));
    assertEquals(1, counted().forwarded());
    assertEquals(1, links.made.size(), "the connection stays");
  }

  @Test
  void aSessionThatTheBrokerLostIsCounted() throws Exception {
    links.sessionsLost = true;
    started().listener.lost(MqttLink.NO_REASON_CODE, "restarted without its files");
    links.await(1);
    await(() -> counted().sessionsCreated() == 2, "the second session");
    assertEquals(2, counted().connects());
  }

  @Test
  void aBrokerThatSendsMoreThanItMayIsHeldBackAndKeepsItsOrder() throws Exception {
    FakeLink link = started();
    Thread reading = new Thread(() -> link.deliver(TOPIC, reports(1, 3 * WINDOW), 1));
    reading.start();
    for (int i = 1; i <= 3 * WINDOW; i++) {
      await(() -> producers.get(0).completeNext(), "a record to confirm");
      assertTrue(counted().inFlight() <= WINDOW, counted().toString());
    }
    reading.join();
    assertEquals(IntStream.rangeClosed(1, 3 * WINDOW).boxed().toList(), link.acked());
    assertEquals(3 * WINDOW, counted().forwarded());
  }

  @Test
  void afterAFailureNoLaterMessageOfTheConnectionReachesKafka() throws Exception {
    FakeLink link = started();
    Thread reading = new Thread(() -> link.deliver(TOPIC, reports(1, 3 * WINDOW), 1));
    reading.start();
    await(() -> producers.get(0).history().size() == WINDOW, "a full window");
    producers.get(0).errorNext(new TimeoutException("Kafka is away"));
    reading.join();
    links.await(1);
    assertEquals(WINDOW, producers.get(0).history().size());
    assertEquals(List.of(), link.acked());
    assertEquals(WINDOW, counted().returned());
  }

  @Test
  void afterATakeoverItConnectsOnlyOnceTheGroupConfirms() throws Exception {
    confirmed = false;
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 1), 1);
    link.listener.lost(MqttLink.SESSION_TAKEN_OVER, "taken over");
    await(() -> confirmations.get() >= 3, "three questions to the group");
    assertEquals(1, links.made.size());
    assertEquals(OwnedLoop.State.UNCONFIRMED, loop.state());
    assertEquals(1, counted().takenOver());
    assertEquals(1, counted().returned());
    confirmed = true;
    links.await(1);
  }

  @Test
  void whatIsNoLongerOwnedIsDisconnectedBeforeDisownReturns() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 2), 1);
    loop.disown();
    loop.awaitIdle();
    assertTrue(link.closed);
    assertEquals(2, counted().returned());
    producers.get(0).completeNext();
    assertEquals(List.of(), link.acked());
    assertEquals(0, counted().forwarded());
    Thread.sleep(100);
    assertEquals(1, links.made.size());
    loop.own();
    links.await(1);
  }

  @Test
  void aBrokerThatIsAwayIsTriedAgainAndNamed() throws Exception {
    links.refusal = "cannot connect to tcp://nowhere:1";
    loop.start();
    loop.own();
    await(() -> links.made.size() >= 3, "three attempts");
    assertTrue(loop.trouble().contains("cannot connect to tcp://nowhere:1"), loop.trouble());
    links.refusal = null;
    await(() -> loop.state() == OwnedLoop.State.SERVING, "service");
    assertEquals(null, loop.trouble());
    assertTrue(links.made.get(0).closed);
  }

  @Test
  void anAcknowledgementThatCannotBeSentEndsTheConnection() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 1), 1);
    link.acksBreak = true;
    producers.get(0).completeNext();
    links.await(1);
    assertEquals(0, counted().forwarded());
    assertEquals(1, counted().returned());
    assertFalse(producers.get(0).closed());
  }

  @Test
  void whatKafkaStillConfirmsIsAcknowledgedBeforeASessionIsGivenUp() throws Exception {
    FakeLink link = started();
    link.deliver(TOPIC, reports(1, 3), 1);
    loop.disown();
    for (int i = 0; i < 3; i++) {
      assertFalse(link.closed, "closed with " + (3 - i) + " messages unconfirmed");
      assertTrue(producers.get(0).completeNext());
    }
    loop.awaitIdle();
    assertEquals(List.of(1, 2, 3), link.acked());
    assertTrue(link.closed);
    assertEquals(0, counted().returned());
  }
}
