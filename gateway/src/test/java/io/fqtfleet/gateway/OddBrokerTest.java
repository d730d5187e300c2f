package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.BrokerLimits;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers of a broker that a real one gives on a bad day only. */
class OddBrokerTest implements MqttLink.Listener {
  private static final String WELCOME = "20 03 00 00 00";

  /** A QoS 1 PUBLISH with id 7, topic a/b, no properties, payload 01. */
  private static final String GOOD = "32 09 0003 612f62 0007 00 01";

  private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
  private final BlockingQueue<MqttLink.Inbound> heard = new LinkedBlockingQueue<>();
  private ScriptedBroker broker;
  private MqttLink link;

  @BeforeEach
  void start() throws IOException {
    broker = new ScriptedBroker();
  }

  @AfterEach
  void stop() throws IOException {
    link.close();
    broker.close();
  }

  @Override
  public void message(MqttLink.Inbound message) {
    heard.add(message);
  }

  @Override
  public void lost(int reasonCode, String words) {
    ends.add(reasonCode + " " + words);
  }

  private MqttLink.Welcome connect() throws MqttLinkException {
    Duration timeout = Duration.ofSeconds(2);
    link =
        new PahoMqttLink(
            new MqttLink.Settings(
                broker.uri(),
                "odd",
                MqttLink.Login.NONE,
                false,
                MqttLink.Settings.NEVER_EXPIRES,
                16,
                Duration.ofSeconds(20),
                timeout),
            this);
    return link.connect();
  }

  private MqttLink connected() throws MqttLinkException {
    broker.answer(ScriptedBroker.CONNECT, WELCOME);
    connect();
    return link;
  }

  private String end() throws InterruptedException {
    String words = ends.poll(10, TimeUnit.SECONDS);
    assertNotNull(words, "the link did not say that it was lost");
    return words;
  }

  @Test
  void aRefusedConnectionIsAnErrorThatNamesTheBroker() {
    broker.answer(ScriptedBroker.CONNECT, "20 03 00 87 00");
    String said = assertThrows(MqttLinkException.class, this::connect).getMessage();
    assertTrue(said.contains(broker.uri()) && said.toLowerCase().contains("auth"), said);
  }

  @Test
  void whatTheBrokerSaysOfItselfIsRead() throws Exception {
    // Receive Maximum 5, packets to 1024 bytes, no retain, no wildcards, sessions for 7200 s.
    broker.answer(
        ScriptedBroker.CONNECT, "20 14 00 00 11 21 0005 27 00000400 25 00 28 00 11 00001C20");
    BrokerLimits limits = connect().limits();
    assertEquals(new BrokerLimits(5, 7_200, 2, false, false, 1_024), limits);
  }

  @Test
  void aRefusedSubscriptionIsAnErrorThatNamesTheFilter() throws Exception {
    MqttLink open = connected();
    broker.answer(ScriptedBroker.SUBSCRIBE, "90 04 II 00 87");
    String said =
        assertThrows(MqttLinkException.class, () -> open.subscribe(List.of("a/#"))).getMessage();
    assertTrue(said.contains("0x87") && said.contains("a/#"), said);
  }

  @Test
  void aSubscriptionGrantedWithQos0IsAnErrorBecauseItLosesMessages() throws Exception {
    MqttLink open = connected();
    broker.answer(ScriptedBroker.SUBSCRIBE, "90 04 II 00 00");
    String said =
        assertThrows(MqttLinkException.class, () -> open.subscribe(List.of("a/#"))).getMessage();
    assertTrue(said.contains("instead of QoS 1"), said);
  }

  @Test
  void aBrokerThatNeverAnswersASubscriptionEndsTheAttempt() throws Exception {
    MqttLink open = connected();
    assertThrows(MqttLinkException.class, () -> open.subscribe(List.of("a/#")));
  }

  @Test
  void aRefusedBudgetIsNotTakenForDelivered() throws Exception {
    MqttLink open = connected();
    broker.answer(ScriptedBroker.PUBLISH, "40 04 II 87 00");
    var published = open.publishRetained("a/b", new byte[] {1}, MessageProperties.NONE);
    ExecutionException refused =
        assertThrows(ExecutionException.class, () -> published.get(10, TimeUnit.SECONDS));
    assertTrue(refused.getMessage().contains("0x87"), refused.getMessage());
  }

  @Test
  void aTakeoverIsToldApartFromALoss() throws Exception {
    connected();
    broker.send("E0 02 8E 00");
    assertTrue(end().startsWith(MqttLink.SESSION_TAKEN_OVER + " "));
  }

  @Test
  void bytesThatAreNoPacketEndTheConnectionVisibly() throws Exception {
    connected();
    broker.send("00 FF FF FF FF FF");
    assertTrue(end().startsWith(MqttLink.NO_REASON_CODE + " "));
    assertNull(heard.poll());
  }

  @Test
  void aMessageOfTheBrokerThatIsWholeIsHeard() throws Exception {
    connected();
    broker.send(GOOD);
    MqttLink.Inbound message = heard.poll(10, TimeUnit.SECONDS);
    assertEquals("a/b", message.topic());
    assertEquals(7, message.id());
    assertEquals(MessageProperties.NONE, message.properties());
  }
}
