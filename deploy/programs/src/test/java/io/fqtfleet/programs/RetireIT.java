package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.sim.device.ModelPage;
import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.ProvisioningPage;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.link.HiveMqLink;
import io.fqtfleet.streams.budget.Policies;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device's whole life through brokers, gateway and streams, until nothing of it is left. */
class RetireIT {
  private static final String DEVICE = "pump-07";
  private static final byte[] MASTER_KEY = new byte[32];
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** Longer than a message takes from Kafka to MQTT and back, on a busy machine. */
  private static final int SILENCE_S = 5;

  @TempDir private Path directory;

  /** What one MQTT client receives; a device answers its budgets. */
  private static final class Receiver implements DeviceLink.Listener, AutoCloseable {
    final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    private final DeviceLink link;
    private final NativeAgent agent;

    Receiver(DemoStack stack, String client, NativeAgent agent, String topic) {
      this.agent = agent;
      link = new HiveMqLink(client, stack.mqtt(), 1);
      link.open(status(client, false), topic, this);
    }

    private Outgoing status(String client, boolean online) {
      byte[] payload = agent == null ? new byte[1] : agent.status(online);
      return new Outgoing(Uplink.STATUS, Topics.up(client, Uplink.STATUS), payload, 0);
    }

    @Override
    public void connected() {
      if (agent != null) {
        publish(Uplink.STATUS, agent.status(true));
      }
    }

    @Override
    public void message(String topic, byte[] payload) {
      received.add(payload);
      if (agent != null && payload.length > 0) {
        publish(Uplink.ACK, agent.budget(topic, payload, 1));
      }
    }

    void publish(Uplink kind, byte[] payload) {
      link.publish(new Outgoing(kind, Topics.up(DEVICE, kind), payload, 1), () -> {});
    }

    @Override
    public void close() {
      link.close();
    }
  }

  private static NativeAgent boot() {
    BudgetTerms factory =
        BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet()).setTraining(false).build();
    byte[] key = DeviceKeys.derive(MASTER_KEY, DEVICE, 1);
    ProvisioningPage page =
        new ProvisioningPage(DEVICE, "line-3", "host", 1, key, List.of(), factory);
    return NativeAgent.open(page.toBytes(), ModelPage.bearingMlp(10, 1).toBytes(), 1, 7);
  }

  private static void await(String what, BooleanSupplier holds) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "within " + PATIENCE + ": " + what);
      Thread.sleep(200);
    }
  }

  /** The last record of the device; null = none, or deleted. */
  private static <T extends SpecificRecord> T last(DemoStack stack, String topic, Class<T> type) {
    AtomicReference<T> last = new AtomicReference<>();
    new FleetTopic<>(stack.bootstrapServers(), topic, type)
        .read(DEVICE, (key, value) -> last.set(value));
    return last.get();
  }

  private static boolean isForgotten(DemoStack stack) {
    return last(stack, Topics.BUDGETS, UpdateBudget.class) == null
        && last(stack, Topics.STATUS, DeviceStatus.class) == null;
  }

  private static int retained(DemoStack stack, String client, String topic)
      throws InterruptedException {
    try (Receiver late = new Receiver(stack, client, null, topic)) {
      byte[] payload = late.received.poll(SILENCE_S, TimeUnit.SECONDS);
      return payload == null ? 0 : payload.length;
    }
  }

  private static int retire(DemoStack stack, StringWriter said) {
    PrintWriter out = new PrintWriter(said, true);
    return FleetCli.commandLine()
        .setOut(out)
        .setErr(out)
        .execute(
            "device",
            "retire",
            DEVICE,
            "--comment",
            "scrapped",
            "--kafka",
            stack.bootstrapServers());
  }

  @Test
  void nothingOfARetiredDeviceIsLeft() throws Exception {
    try (DemoStack stack = new DemoStack(directory, MASTER_KEY, 10);
        NativeAgent agent = boot()) {
      UpdateBudget budget;
      try (Receiver device = new Receiver(stack, DEVICE, agent, Topics.budget(DEVICE))) {
        await("the device applies a budget", () -> agent.budgetVersion() > 0);
        budget = last(stack, Topics.BUDGETS, UpdateBudget.class);
        assertTrue(retained(stack, "late-1", Topics.budget(DEVICE)) > 0, "retained before");
        assertTrue(retained(stack, "late-2", Topics.up(DEVICE, Uplink.STATUS)) > 0, "status too");

        StringWriter said = new StringWriter();
        assertEquals(0, retire(stack, said), said.toString());
        assertEquals(
            RegistryState.RETIRED,
            last(stack, Topics.DEVICES, DeviceRegistration.class).getState());
        await("Kafka forgets budget and status", () -> isForgotten(stack));
        await(
            "MQTT deletes what it retained",
            () -> device.received.stream().anyMatch(payload -> payload.length == 0));
        device.received.clear();

        // It still speaks: nothing of that counts, and no budget answers it.
        device.publish(Uplink.REPORT, agent.report(10_000));
        device.publish(Uplink.STATUS, agent.status(true));
        // A budget for it that someone left in Kafka is signed with no key.
        UpdateBudget forged =
            UpdateBudget.newBuilder(budget).setVersion(budget.getVersion() + 9).build();
        new FleetTopic<>(stack.bootstrapServers(), Topics.BUDGETS, UpdateBudget.class)
            .publish(DEVICE, forged, null);
        Thread.sleep(TimeUnit.SECONDS.toMillis(SILENCE_S));
        assertTrue(
            device.received.stream().allMatch(payload -> payload.length == 0),
            "its key is revoked: nothing comes but deletions");
        assertFalse(agent.budgetVersion() > budget.getVersion());
      }
      // Its last will came behind all that.
      await("a late status is deleted again", () -> isForgotten(stack));
      assertEquals(0, retained(stack, "late-3", Topics.budget(DEVICE)));
      AtomicLong reasons = new AtomicLong();
      new FleetTopic<>(stack.bootstrapServers(), Topics.DECISIONS, Decision.class)
          .read(DEVICE, (key, value) -> reasons.incrementAndGet());
      assertEquals(1, reasons.get(), "decided on once, when it came");
    }
  }
}
