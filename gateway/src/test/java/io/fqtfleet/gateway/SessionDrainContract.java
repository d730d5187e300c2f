package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.schemas.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The number of sessions changes while devices go on publishing. */
abstract class SessionDrainContract extends BrokersFixture {
  private static final int DEVICES = 40;

  private static final long LIVE_PAUSE_MS = 5;

  private final LoadedDevices load = new LoadedDevices();
  private final List<String> said = new ArrayList<>();
  private int live;

  @AfterEach
  void stopPublishing() {
    load.close();
  }

  private GatewayConfig with(int sessions) {
    GatewayConfig c = config(Duration.ofSeconds(30));
    return new GatewayConfig(
        c.mqtt(),
        c.kafka(),
        new GatewayConfig.Uplink(sessions, 64, null, null, Duration.ofSeconds(3)),
        null,
        c.keys(),
        c.ops());
  }

  private void drain(int sessions) throws Exception {
    new SessionDrain(with(sessions), PahoMqttLink::new, sessions, said::add).run();
  }

  /** All are there in order; returns how many came twice. */
  private long judge(String prefix, int reportsEach) {
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      return brokerKeepsOrder()
          ? tail.assertAllInOrder(prefix, DEVICES, reportsEach)
          : tail.assertAll(prefix, DEVICES, reportsEach);
    }
  }

  @Test
  void fourBecomeEightBecomeTwoWithMessagesWaitingAndComing() throws Exception {
    gateway(with(4)).close();
    // Waits in the old sessions: nobody reads them.
    LoadedDevices.join(load.publish(broker.uri(), "early-", DEVICES, 20, 0));
    long twice = drainUnderLoad("growing-", 8);
    gateway(with(8)).close();
    assertEquals(0, judge("early-", 20), "what waited before came twice");
    twice += drainUnderLoad("shrinking-", 2);
    System.out.printf(
        "%s: 4 -> 8 -> 2 under load: %d of %d came twice%n", broker.name(), twice, live);
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.DEAD_LETTERS)) {
      assertEquals(0, tail.rest().size(), "marks or reports among the dead letters");
    }
  }

  /** Returns how many reports came twice. */
  private long drainUnderLoad(String prefix, int sessions) throws Exception {
    LoadedDevices.Endless coming = load.endless(broker.uri(), prefix, DEVICES, LIVE_PAUSE_MS);
    drain(sessions);
    try (Gateway gateway = gateway(with(sessions))) {
      assertEquals(IntStream.range(0, sessions).boxed().toList(), gateway.ownedSessions());
      int each = coming.stop();
      live += each * DEVICES;
      return judge(prefix, each);
    }
  }

  @Test
  void aDrainThatWasBrokenOffKeepsGatewaysFromStartingAndGoesOn() throws Exception {
    gateway(with(4)).close();
    LoadedDevices.join(load.publish(broker.uri(), "kept-", DEVICES, 10, 0));
    broker.stop();
    assertThrows(Exception.class, () -> drain(8));
    broker.start();
    for (int sessions : List.of(4, 8)) {
      try (Gateway refused = new Gateway(with(sessions))) {
        refused.start();
        assertFalse(refused.awaitReady(Duration.ofSeconds(30)));
        String why = refused.failure().orElseThrow().getMessage();
        assertTrue(why.contains("from 4 to 8") && why.contains("--sessions 8"), why);
      }
    }
    var other = assertThrows(SessionDrain.RefusedException.class, () -> drain(2));
    assertTrue(other.getMessage().contains("--sessions 8"), other.getMessage());
    drain(8);
    gateway(with(8));
    assertEquals(0, judge("kept-", 10));
  }

  @Test
  void itIsRefusedWhileAGatewayRuns() throws Exception {
    gateway(with(4));
    var refused = assertThrows(SessionDrain.RefusedException.class, () -> drain(8));
    assertTrue(refused.getMessage().contains("1 gateways run"), refused.getMessage());
    drainIsNotRemembered();
  }

  private void drainIsNotRemembered() throws Exception {
    Gateway second = gateway(with(4));
    assertTrue(second.failure().isEmpty());
  }
}
