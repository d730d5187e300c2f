package io.fqtfleet.programs.faults;

import io.fqtfleet.localstack.FaultyProxy;
import io.fqtfleet.programs.faults.FaultScenario.Shape;
import io.fqtfleet.programs.faults.FaultScenario.SmallDisk;
import java.util.List;

/** What can happen to Kafka, and to the way there. */
final class KafkaFaults {
  private static final long SLOW_MS = 150;
  private static final long SLOW_BYTES_PER_SECOND = 60_000;
  private static final long DAMAGE_EVERY_BYTES = 60_000;
  private static final long DAMAGE_SEED = 4711;
  private static final long GIVE_UP_LIMIT_S = 30;

  private KafkaFaults() {}

  static List<FaultScenario> all() {
    return List.of(
        new FaultScenario("kafka-stopped", "Kafka is stopped and started", KafkaFaults::stopped),
        new FaultScenario("kafka-paused", "Kafka's process is frozen", KafkaFaults::paused),
        new FaultScenario(
            "kafka-blackholed",
            "every byte to and from Kafka vanishes, for longer than the delivery time-out",
            KafkaFaults::blackHoled),
        new FaultScenario(
            "kafka-leader-change",
            "of three nodes one is killed, then another restarted",
            Shape.USUAL.nodes(3),
            true,
            KafkaFaults::leaderChange),
        new FaultScenario(
            "kafka-cut", "connections to Kafka are reset again and again", KafkaFaults::cut),
        new FaultScenario("kafka-slow", "Kafka is far away and thin", KafkaFaults::slow),
        new FaultScenario(
            "kafka-corrupt", "bits on the way to and from Kafka turn over", KafkaFaults::corrupt),
        new FaultScenario(
            "kafka-disk-full",
            "Kafka's disk is full, it gives up; it is started again with room",
            Shape.USUAL.small(SmallDisk.KAFKA),
            true,
            KafkaFaults::diskFull));
  }

  private static void stopped(Stage stage, FaultRun run) throws InterruptedException {
    stage.kafka().stop(0);
    run.hold(6);
    stage.kafka().start(0);
    run.healed();
  }

  private static void paused(Stage stage, FaultRun run) throws InterruptedException {
    stage.kafka().pause(0);
    run.hold(8);
    stage.kafka().resume(0);
    run.healed();
  }

  private static void blackHoled(Stage stage, FaultRun run) throws InterruptedException {
    stage.kafkaWires().forEach(FaultyProxy::blackHole);
    // Not scaled: it must outlast the delivery time-out.
    Thread.sleep(GatewayProcess.DELIVERY_TIMEOUT.toMillis());
    run.hold(5);
    stage.kafkaWires().forEach(FaultyProxy::forward);
    run.healed();
  }

  private static void leaderChange(Stage stage, FaultRun run) throws InterruptedException {
    stage.kafka().kill(0);
    run.hold(8);
    stage.kafka().start(0);
    run.hold(4);
    stage.kafka().stop(1);
    run.hold(2);
    stage.kafka().start(1);
    run.healed();
  }

  private static void cut(Stage stage, FaultRun run) throws InterruptedException {
    for (int n = 0; n < 20; n++) {
      stage.kafkaWires().forEach(FaultyProxy::cut);
      run.hold(0.4);
    }
    run.healed();
  }

  private static void slow(Stage stage, FaultRun run) throws InterruptedException {
    for (FaultyProxy wire : stage.kafkaWires()) {
      wire.delay(SLOW_MS);
      wire.throttle(SLOW_BYTES_PER_SECOND);
    }
    run.hold(10);
    stage.kafkaWires().forEach(FaultyProxy::forward);
    run.healed();
  }

  private static void corrupt(Stage stage, FaultRun run) throws InterruptedException {
    for (FaultyProxy wire : stage.kafkaWires()) {
      wire.corrupt(DAMAGE_EVERY_BYTES, DAMAGE_SEED);
    }
    run.hold(12);
    long bits = stage.kafkaWires().stream().mapToLong(FaultyProxy::damagedBits).sum();
    stage.kafkaWires().forEach(FaultyProxy::forward);
    stage.kafkaWires().forEach(FaultyProxy::cut);
    run.remark(bits + " bits turned over");
    run.healed();
  }

  private static void diskFull(Stage stage, FaultRun run) throws InterruptedException {
    stage.smallDisk().fill();
    long deadline = System.nanoTime() + GIVE_UP_LIMIT_S * 1_000_000_000;
    while (stage.kafka().alive(0) && System.nanoTime() < deadline) {
      Thread.sleep(100);
    }
    run.remark(stage.kafka().alive(0) ? "Kafka stayed up" : "Kafka gave up");
    run.hold(3);
    if (stage.kafka().alive(0)) {
      stage.kafka().kill(0);
    }
    stage.smallDisk().free();
    stage.kafka().start(0);
    run.healed();
  }
}
