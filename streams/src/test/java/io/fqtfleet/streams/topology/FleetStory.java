package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetAck;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.UpdateBudget;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A fleet through a drift, in lock-step: each round every device reports once, then the round is
 * closed and the budgets are applied. One cohort drifts and learns its way back; one device of
 * another cohort breaks for good.
 */
class FleetStory {
  static final int DRIFT_ROUND = 20;
  static final String DRIFTED = "line-1";
  static final String BROKEN = "dev-2-03";
  static final int SAMPLES = 20;

  private Rig rig;
  private final SyntheticFleet fleet;
  private final Random order;
  int round;

  /**
   * @param order of the devices within a round; null = by name
   */
  FleetStory(DriverRig rig, int perCohort, long seed, Random order) {
    this(rig, new SyntheticFleet(4, perCohort, 0.05, seed), order);
  }

  FleetStory(Rig rig, SyntheticFleet fleet, Random order) {
    this.rig = rig;
    this.fleet = fleet;
    this.order = order;
    for (SyntheticFleet.Device device : shuffled()) {
      rig.send(device.status(true), DriverRig.START_MS + 10);
    }
  }

  /** Where the topology runs. */
  interface Rig {
    void send(DeviceStatus status, long atMs);

    void send(TrainingReport report, long atMs);

    void send(BudgetAck ack, long atMs);

    void advance(long ms);

    /** Budgets issued since it was asked last. */
    List<UpdateBudget> freshBudgets();
  }

  /** The rest of the story happens there. */
  void moveTo(Rig other) {
    rig = other;
  }

  SyntheticFleet fleet() {
    return fleet;
  }

  private List<SyntheticFleet.Device> shuffled() {
    List<SyntheticFleet.Device> devices = new ArrayList<>(fleet.devices.values());
    if (order != null) {
      Collections.shuffle(devices, order);
    }
    return devices;
  }

  void run(int rounds, boolean stuck) {
    for (int i = 0; i < rounds; i++) {
      if (round == DRIFT_ROUND) {
        fleet.drift(DRIFTED, 0.4);
        SyntheticFleet.Device broken = fleet.byOrigin(BROKEN);
        broken.error = 0.7;
        broken.learns = false;
        broken.stuck = stuck;
      }
      long startMs = DriverRig.START_MS + (long) round * DriverRig.ROUND_MS;
      for (SyntheticFleet.Device device : shuffled()) {
        // A device's moment in the round is its own, whatever the order of arrival.
        deliver(device.report(SAMPLES), startMs + 100 + Math.abs(device.origin.hashCode() % 1500));
      }
      rig.advance(DriverRig.ROUND_MS);
      round++;
      applyBudgets(startMs);
    }
  }

  /** How a report reaches Kafka; tests have other ways. */
  void deliver(TrainingReport report, long atMs) {
    rig.send(report, atMs);
  }

  private void applyBudgets(long startMs) {
    List<UpdateBudget> fresh = new ArrayList<>(rig.freshBudgets());
    if (order != null) {
      Collections.shuffle(fresh, order);
    }
    for (UpdateBudget budget : fresh) {
      SyntheticFleet.Device device = fleet.devices.get(budget.getDevice());
      device.apply(budget);
      rig.send(
          BudgetAck.newBuilder()
              .setDevice(device.id)
              .setBootCounter(device.boot)
              .setBootNonce(0)
              .setUptimeMs(1)
              .setAnsweredVersion(budget.getVersion())
              .setOutcome(AckOutcome.APPLIED)
              .setRefusal(RefusalReason.NONE)
              .setField("")
              .setVersionInForce(budget.getVersion())
              .setTermsInForce(budget.getTerms())
              .build(),
          startMs + DriverRig.ROUND_MS + 50);
    }
  }
}
