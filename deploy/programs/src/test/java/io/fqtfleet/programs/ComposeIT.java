package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.fqtfleet.localstack.container.ContainerEngine;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.Fleet;
import io.fqtfleet.sim.fleet.FleetSetup;
import io.fqtfleet.sim.fleet.ModelTrainer;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.SignalSpace;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator starts with compose.yaml serves devices, and goes away without a trace. */
class ComposeIT {
  private static final int DEVICES = 4;
  private static final Duration READY = Duration.ofSeconds(150);
  private static final Duration ROUND_TRIP = Duration.ofSeconds(90);
  private static final String SCENARIO =
      """
      name: compose
      seed: 3
      duration: 5m
      domains:
        hall-a: {}
      cohorts:
        - {name: press-a, devices: %d, domain: hall-a}
      """
          .formatted(DEVICES);

  @TempDir private Path directory;

  private final byte[] masterKey = new byte[32];
  private ComposeStack stack;

  @BeforeAll
  static void needsContainers() {
    ContainerEngine.missing()
        .ifPresent(
            cause -> {
              if ("1".equals(System.getenv("REQUIRE_TOOLS"))) {
                fail(cause);
              }
              abort("SKIPPED: " + cause);
            });
  }

  @AfterEach
  void goesAwayWithoutATrace() throws Exception {
    if (stack != null) {
      stack.down();
      assertEquals("", stack.left(), "containers, networks or volumes are left");
    }
  }

  @Test
  void reportsGoRoundAndBudgetsComeBackSigned() throws Exception {
    new Random(3).nextBytes(masterKey);
    stack = new ComposeStack(HexFormat.of().formatHex(masterKey));
    stack.up();
    await("gateway and streams are not ready", READY, stack::ready, stack::logs);
    for (String container : stack.containers()) {
      String user = stack.userOf(container);
      assertTrue(user.matches("[1-9][0-9]*"), container + " runs as '" + user + "'");
      assertEquals("", stack.openPortsOf(container), container + " is open to the network");
    }
    new PolicyTopic(stack.bootstrapServers()).publish(quickPolicy());
    Scenario scenario =
        Scenario.read(Files.writeString(directory.resolve("compose.yaml"), SCENARIO));
    SignalSpace space = scenario.generated();
    Home home = Home.find();
    FactoryModel model =
        new ModelTrainer(space, scenario.sourceDomains(), scenario.seed()).cached(home.models());
    FleetSetup setup =
        new FleetSetup(
            new InetSocketAddress("127.0.0.1", stack.mqttPort()),
            masterKey,
            1,
            directory,
            home.firmwareImage(),
            1);
    try (FleetObserver observer = new FleetObserver(stack.bootstrapServers(), alert -> {});
        Fleet fleet = new Fleet(scenario, space, model, setup)) {
      fleet.start();
      // A device accepts a budget only if its own key signed it, and says so in an ack.
      await(
          "not every device is on a budget",
          ROUND_TRIP,
          () -> observer.obedience().onLastBudget() == DEVICES,
          () -> observer.obedience() + "\n" + stack.logs());
      await(
          "not every device has reported",
          ROUND_TRIP,
          () -> everyoneReported(fleet),
          () -> fleet.accounting().totals() + "\n" + stack.logs());
      fleet.settle(Duration.ofSeconds(15));
      await(
          "reports are missing in Kafka",
          ROUND_TRIP,
          () -> allInKafka(fleet, observer),
          () -> fleet.accounting().totals() + "\n" + stack.logs());
      observer.check();
      assertEquals(0, observer.budgetsRefused());
      assertEquals(0, observer.deadLetters());
    }
  }

  private static boolean everyoneReported(Fleet fleet) {
    var reported = fleet.accounting().byDevice().values();
    return reported.size() == DEVICES && reported.stream().noneMatch(d -> d.acked().isEmpty());
  }

  private static boolean allInKafka(Fleet fleet, FleetObserver observer) {
    return fleet.accounting().byDevice().values().stream()
        .allMatch(d -> observer.received(d.device()) >= d.acked().size());
  }

  /** The demo's: rounds of 2 s. */
  private static Policy quickPolicy() throws Exception {
    return PolicyCommand.read(Path.of("src/main/resources/demo-policy.yaml"), 1);
  }

  private static void await(
      String what, Duration timeout, BooleanSupplier reached, Supplier<String> otherwise)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (!reached.getAsBoolean()) {
      assertTrue(
          System.nanoTime() < deadline, () -> what + " after " + timeout + ": " + otherwise.get());
      Thread.sleep(200);
    }
  }
}
