package io.fqtfleet.programs.faults;

import io.fqtfleet.localstack.FaultyProxy;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.programs.faults.FaultScenario.Shape;
import io.fqtfleet.programs.faults.FaultScenario.SmallDisk;
import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What can happen to the MQTT broker, and to the way between it and the gateway. */
final class BrokerFaults {
  private static final long SLOW_MS = 150;
  private static final long SLOW_BYTES_PER_SECOND = 100_000;
  private static final Duration ALERT_TIMEOUT = Duration.ofSeconds(60);

  private BrokerFaults() {}

  static List<FaultScenario> all() {
    return List.of(
        new FaultScenario(
            "broker-stopped", "the MQTT broker is stopped for a while", BrokerFaults::stopped),
        new FaultScenario(
            "broker-paused", "the MQTT broker's process is frozen", BrokerFaults::paused),
        new FaultScenario(
            "broker-restarted",
            "the MQTT broker is restarted with messages in its queues",
            BrokerFaults::restarted),
        new FaultScenario(
            "broker-killed",
            "the MQTT broker is killed (SIGKILL) with messages in its queues",
            Shape.USUAL.withStreams(),
            false,
            BrokerFaults::killed),
        new FaultScenario(
            "broker-cut", "connections to the broker are reset again and again", BrokerFaults::cut),
        new FaultScenario("broker-slow", "the broker is far away and thin", BrokerFaults::slow),
        new FaultScenario(
            "broker-blackholed",
            "every byte between broker and gateway vanishes",
            BrokerFaults::blackHoled),
        new FaultScenario(
            "broker-disk-full",
            "the broker's disk is full, then it is restarted with room",
            Shape.USUAL.small(SmallDisk.BROKER),
            true,
            BrokerFaults::diskFull));
  }

  private static void stopped(Stage stage, FaultRun run) throws InterruptedException {
    stage.broker().stop();
    run.brokerIsAway();
    run.hold(8);
    run.brokerReturns();
    stage.broker().start();
    run.healed();
  }

  private static void paused(Stage stage, FaultRun run) throws InterruptedException {
    stage.broker().pause();
    run.brokerIsAway();
    run.hold(8);
    run.brokerReturns();
    stage.broker().resume();
    run.healed();
  }

  private static void restarted(Stage stage, FaultRun run) throws InterruptedException {
    stage.brokerWire().stall();
    run.brokerIsAway();
    run.hold(5);
    stage.broker().stop();
    run.brokerReturns();
    stage.broker().start();
    stage.brokerWire().forward();
    run.healed();
  }

  private static void killed(Stage stage, FaultRun run) throws InterruptedException {
    long beganMs = System.currentTimeMillis();
    stage.brokerWire().stall();
    run.brokerIsAway();
    run.hold(12);
    stage.broker().kill();
    run.brokerReturns();
    stage.broker().start();
    stage.brokerWire().forward();
    run.healed();
    run.afterwards(() -> alerted(stage, run, beganMs));
  }

  private static void alerted(Stage stage, FaultRun run, long beganMs) {
    Optional<Alert> alert = stage.streams().await(AlertKind.TELEMETRY_LOSS, beganMs, ALERT_TIMEOUT);
    run.alerted(alert.isPresent());
    run.remark(
        alert.map(a -> a.getKind() + ": " + a.getSentence()).orElse("no TELEMETRY_LOSS alert"));
  }

  private static void cut(Stage stage, FaultRun run) throws InterruptedException {
    for (int n = 0; n < 20; n++) {
      stage.brokerWire().cut();
      run.hold(0.4);
    }
    run.healed();
  }

  private static void slow(Stage stage, FaultRun run) throws InterruptedException {
    stage.brokerWire().delay(SLOW_MS);
    stage.brokerWire().throttle(SLOW_BYTES_PER_SECOND);
    run.hold(10);
    stage.brokerWire().forward();
    run.healed();
  }

  private static void blackHoled(Stage stage, FaultRun run) throws InterruptedException {
    FaultyProxy wire = stage.brokerWire();
    wire.blackHole();
    run.brokerIsAway();
    run.hold(12);
    run.brokerReturns();
    wire.forward();
    run.healed();
  }

  private static void diskFull(Stage stage, FaultRun run) throws InterruptedException {
    stage.smallDisk().fill();
    if (stage.broker() instanceof MosquittoBroker mosquitto) {
      mosquitto.save();
    }
    run.hold(8);
    run.remark(stage.broker().alive() ? "the broker stayed up" : "the broker gave up");
    stage.smallDisk().free();
    stage.broker().stop();
    stage.broker().start();
    run.healed();
  }
}
