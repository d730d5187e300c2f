package io.fqtfleet.programs.faults;

import io.fqtfleet.programs.faults.FaultScenario.Shape;
import java.util.List;

/** What can happen to gateways, to devices and to the clock. */
final class GatewayFaults {
  private static final long HOUR_S = 3_600;

  private GatewayFaults() {}

  static List<FaultScenario> all() {
    return List.of(
        new FaultScenario(
            "gateway-killed",
            "of two gateways one is killed (SIGKILL); the time of its takeover is the recovery",
            Shape.USUAL.gateways(2),
            true,
            GatewayFaults::killed),
        new FaultScenario(
            "gateway-restarted",
            "the only gateway is killed (SIGKILL) and started again",
            GatewayFaults::restarted),
        new FaultScenario(
            "gateways-join-leave",
            "a second and a third gateway join, the first and the second leave",
            GatewayFaults::joinAndLeave),
        new FaultScenario(
            "gateway-stalled",
            "of two gateways one is frozen past its lease and comes back",
            Shape.USUAL.gateways(2),
            true,
            GatewayFaults::stalled),
        new FaultScenario(
            "device-flooding", "one device sends as fast as it can", GatewayFaults::flooding),
        new FaultScenario(
            "clock-step",
            "the gateway's clock jumps an hour ahead, then two hours back",
            Shape.USUAL.falseClock(),
            true,
            GatewayFaults::clockStep));
  }

  private static void killed(Stage stage, FaultRun run) throws InterruptedException {
    stage.gateway(0).kill();
    run.healed();
  }

  private static void restarted(Stage stage, FaultRun run) throws InterruptedException {
    stage.gateway(0).kill();
    run.hold(3);
    stage.gateway(0).launch();
    stage.gateway(0).awaitReady();
    run.healed();
  }

  private static void joinAndLeave(Stage stage, FaultRun run) throws InterruptedException {
    stage.addGateway().awaitReady();
    run.hold(3);
    stage.addGateway().awaitReady();
    run.hold(3);
    stage.gateway(0).stop();
    run.hold(3);
    stage.gateway(1).stop();
    run.healed();
  }

  private static void stalled(Stage stage, FaultRun run) throws InterruptedException {
    stage.gateway(0).pause();
    // Not scaled: the others must have taken over before it wakes.
    Thread.sleep(2 * GatewayProcess.OWNERSHIP_TIMEOUT.toMillis());
    run.hold(4);
    stage.gateway(0).resume();
    run.healed();
  }

  private static void flooding(Stage stage, FaultRun run) throws InterruptedException {
    run.load().flood(true);
    run.hold(10);
    run.load().flood(false);
    run.healed();
  }

  private static void clockStep(Stage stage, FaultRun run) throws InterruptedException {
    stage.clock().step(HOUR_S);
    run.hold(6);
    stage.clock().step(-HOUR_S);
    run.hold(6);
    stage.clock().step(0);
    run.healed();
  }
}
