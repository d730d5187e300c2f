package io.fqtfleet.sim.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.sim.NeedsAgent;
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.link.QemuDevice;
import io.fqtfleet.sim.load.FleetAccounting.DeviceReports;
import io.fqtfleet.sim.signal.SignalSpace;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole fleets against a real broker, seen from the broker's other side. */
@NeedsAgent
class FleetIT {
  private static final byte[] MASTER_KEY = new byte[32];
  private static final int KEY_ID = 2;
  private static final Path IMAGE = Path.of("../firmware/build/an386/fqt-device.elf");
  private static final long DEADLINE_MS = 60_000;
  private static final WireCodec<TrainingReport> REPORTS = WireCodec.of(TrainingReport.class);
  private static final WireCodec<DeviceStatus> STATUSES = WireCodec.of(DeviceStatus.class);
  private static final WireCodec<BudgetAck> ACKS = WireCodec.of(BudgetAck.class);

  private static final String WORLD =
      """
      seed: 6
      domains: {a: {}, b: {speedRpm: 1600, load: 0.6, resonanceHz: 3000}}
      """;

  @TempDir private Path directory;
  private MqttBroker broker;
  private Mqtt3AsyncClient observer;
  private final Map<String, List<TrainingReport>> reports = new ConcurrentHashMap<>();
  private final Map<String, DeviceStatus> statuses = new ConcurrentHashMap<>();
  private final List<BudgetAck> acks = new CopyOnWriteArrayList<>();
  private final List<Throwable> failures = new CopyOnWriteArrayList<>();

  @BeforeEach
  void starts() {
    broker = new LocalMqttBroker(directory.resolve("broker"));
    broker.start();
    observer =
        Mqtt3Client.builder()
            .identifier("observer")
            .serverAddress(new InetSocketAddress("127.0.0.1", broker.port()))
            .buildAsync();
    observer.connect().join();
    observer
        .subscribeWith()
        .topicFilter("fqt/v1/up/#")
        .qos(MqttQos.AT_LEAST_ONCE)
        .callback(this::observe)
        .send()
        .join();
  }

  @AfterEach
  void stops() throws Exception {
    observer.disconnect().join();
    broker.close();
    assertEquals(List.of(), failures);
  }

  private void observe(Mqtt3Publish message) {
    try {
      Topics.UpTopic topic = Topics.parseUp(message.getTopic().toString());
      byte[] payload = message.getPayloadAsBytes();
      switch (topic.kind()) {
        case REPORT ->
            reports
                .computeIfAbsent(topic.device(), d -> new CopyOnWriteArrayList<>())
                .add(REPORTS.decode(payload));
        case STATUS -> statuses.put(topic.device(), STATUSES.decode(payload));
        case ACK -> acks.add(ACKS.decode(payload));
      }
    } catch (WireException | RuntimeException e) {
      failures.add(e);
    }
  }

  private Fleet fleet(Scenario scenario) {
    SignalSpace space = scenario.generated();
    FactoryModel model =
        new ModelTrainer(space, scenario.sourceDomains(), scenario.seed())
            .cached(Path.of("target/factory"));
    FleetSetup setup =
        new FleetSetup(
            new InetSocketAddress("127.0.0.1", broker.port()),
            MASTER_KEY,
            KEY_ID,
            directory,
            IMAGE,
            2);
    return new Fleet(scenario, space, model, setup);
  }

  private static Scenario scenario(String rest) {
    return StrictYaml.parse("test", WORLD + rest, Scenario.class);
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + DEADLINE_MS * 1_000_000;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "waited in vain for " + what);
      Thread.sleep(20);
    }
  }

  private void publishBudget(String device, long version, FactorySpec terms) {
    UpdateBudget budget =
        UpdateBudget.newBuilder()
            .setDevice(device)
            .setVersion(version)
            .setPolicyVersion(0)
            .setIssuedAtMs(1_790_000_000_000L)
            .setTerms(terms.terms(Duration.ofMillis(500)))
            .setResetErrorMax(true)
            .setWeights(WeightsAction.KEEP)
            .setTimeToLiveS(0)
            .setOnExpiry(ExpiryAction.FREEZE)
            .setReason(ReasonCode.DOMAIN_DRIFT)
            .build();
    String topic = Topics.budget(device);
    byte[] body = WireCodec.of(UpdateBudget.class).encode(budget);
    byte[] key = DeviceKeys.derive(MASTER_KEY, device, KEY_ID);
    observer
        .publishWith()
        .topic(topic)
        .payload(BudgetSignature.sign(topic, body, KEY_ID, key))
        .qos(MqttQos.AT_LEAST_ONCE)
        .retain(true)
        .send()
        .join();
  }

  private static double share(Judged judged) {
    return (double) judged.correct() / judged.labelled();
  }

  @Test
  void aFleetReportsDriftsObeysAndRecovers() throws Exception {
    Scenario scenario =
        scenario(
            """
            cohorts:
              - {name: x, devices: 4, domain: a, windowsPerSecond: 50, reportInterval: 500ms}
              - {name: y, devices: 4, domain: a, windowsPerSecond: 50, reportInterval: 500ms}
            drifts: [{at: 6s, cohort: x, to: b}]
            """);
    FactorySpec train = new FactorySpec(true, 1000, 1000, null, null, null, null, null, null);
    try (Fleet fleet = fleet(scenario)) {
      fleet.start();
      await("all births", () -> statuses.size() == 8);
      await("the time after the drift", () -> fleet.nowMs() > 12_000);
      for (int i = 0; i < 4; i++) {
        publishBudget("x-00" + i, 1, train);
      }
      await("all acks", () -> acks.size() >= 4);
      await("the end", () -> fleet.nowMs() > 32_000);
      assertEquals(0, fleet.settle(Duration.ofSeconds(20)));

      Judged before = fleet.accuracy("x", 2_000, 6_000);
      Judged hit = fleet.accuracy("x", 7_000, 11_000);
      Judged after = fleet.accuracy("x", 26_000, 31_000);
      String all = before + " " + hit + " " + after;
      assertTrue(share(before) > 0.9, all);
      assertTrue(share(before) - share(hit) > 0.25, all);
      assertTrue(share(before) - share(after) < 0.1, all);
      assertTrue(share(fleet.accuracy("y", 7_000, 31_000)) > 0.9);
      assertEquals(4, fleet.statistics().get(0).onBudget());
      assertTrue(fleet.statistics().get(0).macsBackward() > 0);
      assertEquals(0, fleet.statistics().get(1).macsBackward());
      acks.forEach(ack -> assertEquals(AckOutcome.APPLIED, ack.getOutcome()));
      assertEveryAckedReportArrived(fleet);
    }
    await(
        "all farewells",
        () -> statuses.values().stream().allMatch(s -> s.getState() == DeviceState.OFFLINE));
  }

  private void assertEveryAckedReportArrived(Fleet fleet) throws InterruptedException {
    for (DeviceReports sent : fleet.accounting().byDevice().values()) {
      assertEquals(sent.sent(), sent.acked(), sent.device());
      assertTrue(sent.sent().size() > 20, sent.toString());
      await("all of " + sent.device(), () -> sequences(sent.device()).containsAll(sent.acked()));
      reports
          .get(sent.device())
          .forEach(report -> assertEquals(sent.bootNonce(), report.getBootNonce()));
    }
  }

  private List<Long> sequences(String device) {
    return reports.getOrDefault(device, List.of()).stream()
        .map(TrainingReport::getSequence)
        .toList();
  }

  @Test
  void aLossyFleetsReportsAreLostAndRepeatedAsAccounted() throws Exception {
    Scenario scenario =
        scenario(
            """
            link: {dropPermille: 200, repeatPermille: 200}
            cohorts: [{name: x, devices: 6, domain: a, reportInterval: 250ms}]
            """);
    try (Fleet fleet = fleet(scenario)) {
      fleet.start();
      await("reports", () -> fleet.accounting().totals().made() > 200);
      assertEquals(0, fleet.settle(Duration.ofSeconds(20)));
      assertEquals(0, fleet.accounting().totals().inFlight());
      assertTrue(fleet.accounting().totals().withheld() > 10);
      int repeated = 0;
      for (DeviceReports sent : fleet.accounting().byDevice().values()) {
        await("all of " + sent.device(), () -> sequences(sent.device()).containsAll(sent.acked()));
        List<Long> arrived = sequences(sent.device());
        assertEquals(sent.acked(), arrived.stream().distinct().sorted().toList());
        repeated += arrived.size() - sent.acked().size();
      }
      assertTrue(repeated > 10, "repeated " + repeated);
    }
  }

  @Test
  void aFirmwareImageInQemuIsAMemberLikeAnyOther() throws Exception {
    requireQemu();
    Scenario scenario =
        scenario(
            """
            cohorts: [{name: x, qemuDevices: 1, domain: a, qemuWindowsPerSecond: 8,
                       reportInterval: 1s}]
            """);
    String device = "x-qemu-0";
    try (Fleet fleet = fleet(scenario)) {
      fleet.start();
      await("its birth", () -> statuses.containsKey(device));
      assertEquals("mps2-an386", statuses.get(device).getBoard());
      await("five reports", () -> sequences(device).size() >= 5);
      TrainingReport last = reports.get(device).get(4);
      assertTrue(last.getSamplesSeen() > 10, last.toString());
      assertTrue(
          last.getSamplesCorrect() > 0.8 * last.getSamplesLabelled(),
          last.getSamplesCorrect() + " of " + last.getSamplesLabelled());
      publishBudget(device, 1, FactorySpec.frozen());
      await("its ack", () -> !acks.isEmpty());
      assertEquals(AckOutcome.APPLIED, acks.get(0).getOutcome());
      assertEquals(List.of(), fleet.qemuEnded());
      assertTrue(fleet.qemuStatistics().get(device).confirmed() > 10);
    }
    await("its last will", () -> statuses.get(device).getState() == DeviceState.OFFLINE);
  }

  private static void requireQemu() {
    try {
      QemuDevice.requireAvailable(IMAGE);
    } catch (IllegalStateException e) {
      if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
        throw e;
      }
      System.out.println("SKIPPED: a firmware image in QEMU: " + e.getMessage());
      assumeTrue(false, e.getMessage());
    }
  }
}
