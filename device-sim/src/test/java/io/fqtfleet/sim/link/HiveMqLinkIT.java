package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device's link against a real broker, over a line that is cut and a broker that restarts. */
class HiveMqLinkIT {
  private static final String DEVICE = "press-001";
  private static final String BUDGETS = Topics.budget(DEVICE);
  private static final long DEADLINE_MS = 30_000;

  @TempDir private Path directory;
  private MqttBroker broker;
  private CuttableLine line;
  private HiveMqLink link;
  private Mqtt3AsyncClient observer;
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final List<String> budgets = new CopyOnWriteArrayList<>();
  private final AtomicInteger connects = new AtomicInteger();
  private final AtomicInteger acked = new AtomicInteger();

  @BeforeEach
  void starts() throws Exception {
    broker = new LocalMqttBroker(directory);
    broker.start();
    line = new CuttableLine(broker.port());
    observe();
    link = new HiveMqLink(DEVICE, line.address(), 1);
    link.open(outgoing(Uplink.STATUS, "offline", 0), BUDGETS, new Listener());
    await("a first connect", () -> connects.get() == 1);
  }

  @AfterEach
  void stops() throws Exception {
    link.close();
    line.close();
    observer.disconnect();
    broker.close();
  }

  private final class Listener implements DeviceLink.Listener {
    @Override
    public void connected() {
      connects.incrementAndGet();
      link.publish(outgoing(Uplink.STATUS, "online", 0), () -> {});
    }

    @Override
    public void message(String topic, byte[] payload) {
      assertEquals(BUDGETS, topic);
      budgets.add(text(payload));
    }
  }

  private void observe() {
    observer =
        Mqtt3Client.builder()
            .identifier("observer")
            .serverAddress(new InetSocketAddress("127.0.0.1", broker.port()))
            .automaticReconnectWithDefaultConfig()
            .buildAsync();
    observer.connectWith().cleanSession(false).send().join();
    observer
        .subscribeWith()
        .topicFilter("fqt/v1/up/#")
        .qos(MqttQos.AT_LEAST_ONCE)
        .callback(m -> seen.add(text(m.getPayloadAsBytes())))
        .send()
        .join();
  }

  private static Outgoing outgoing(Uplink kind, String text, long sequence) {
    return new Outgoing(
        kind, Topics.up(DEVICE, kind), text.getBytes(StandardCharsets.UTF_8), sequence);
  }

  private static String text(byte[] payload) {
    return new String(payload, StandardCharsets.UTF_8);
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE_MS * 1_000_000;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain for " + what);
      Thread.sleep(10);
    }
  }

  private void report(int number) {
    link.publish(outgoing(Uplink.REPORT, "report " + number, number), acked::incrementAndGet);
  }

  private void publishBudget(String text) {
    observer
        .publishWith()
        .topic(BUDGETS)
        .payload(text.getBytes(StandardCharsets.UTF_8))
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(true)
        .send()
        .join();
  }

  @Test
  void aCutLineLosesNothingAndTheBrokerSpeaksTheLastWill() throws Exception {
    report(1);
    await("an ack", () -> acked.get() == 1);
    line.cut();
    await("the last will", () -> seen.contains("offline"));
    report(2);
    report(3);
    assertEquals(2, link.inFlight());
    assertEquals(1, acked.get());
    line.mend();
    await("acks", () -> acked.get() == 3);
    await("reports", () -> seen.containsAll(List.of("report 1", "report 2", "report 3")));
    assertEquals(2, connects.get());
    assertEquals(2, seen.stream().filter("online"::equals).count());
    await("nothing in flight", () -> link.inFlight() == 0);
  }

  @Test
  void aRetainedBudgetComesAtEveryConnect() throws Exception {
    publishBudget("one");
    await("the budget", () -> budgets.contains("one"));
    line.cut();
    await("a lost link", () -> !link.isConnected());
    publishBudget("two");
    line.mend();
    await("the newer budget", () -> budgets.contains("two"));
  }

  @Test
  void aBrokerThatRestartsIsFoundAgain() throws Exception {
    broker.stop();
    await("a lost link", () -> !link.isConnected());
    report(1);
    broker.start();
    await("a second connect", () -> connects.get() == 2);
    await("the ack", () -> acked.get() == 1);
    await("the report", () -> seen.contains("report 1"));
  }

  @Test
  void aBrokerThatIsNotThereYetIsWaitedFor() throws Exception {
    line.cut();
    AtomicInteger late = new AtomicInteger();
    try (HiveMqLink other = new HiveMqLink("press-002", line.address(), 2)) {
      other.open(
          outgoing(Uplink.STATUS, "offline", 0),
          Topics.budget("press-002"),
          new DeviceLink.Listener() {
            @Override
            public void connected() {
              late.incrementAndGet();
            }

            @Override
            public void message(String topic, byte[] payload) {
              throw new AssertionError("nothing was sent to " + topic);
            }
          });
      Thread.sleep(1000);
      assertFalse(other.hasRoom());
      line.mend();
      await("a first connect", () -> late.get() == 1);
      assertTrue(other.hasRoom());
    }
  }

  @Test
  void reportsStopAtTheBoundWhileTheBrokerIsAway() throws Exception {
    line.cut();
    await("a lost link", () -> !link.isConnected());
    int given = 0;
    while (link.hasRoom()) {
      report(++given);
      assertTrue(given < 100, "no bound on what waits");
    }
    line.mend();
    int all = given;
    await("acks of all", () -> acked.get() == all);
    assertTrue(link.hasRoom());
  }

  @Test
  void leavingSaysSo() throws Exception {
    link.leave(outgoing(Uplink.STATUS, "goodbye", 0));
    await("the farewell", () -> seen.contains("goodbye"));
    assertFalse(link.isConnected());
    assertFalse(seen.contains("offline"), "no last will after a farewell");
  }
}
