package io.fqtfleet.sim.trace;

import io.fqtfleet.sim.fleet.LoadSpecs.Churn;
import io.fqtfleet.sim.fleet.LoadSpecs.PhaseSpec;
import io.fqtfleet.sim.fleet.LoadSpecs.Storm;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.Chance;
import java.util.List;

/** Which devices the scenario wants connected, and at which rate they are to report. */
final class Presence {
  /** The rate of a phase that leaves the pace to the devices. */
  static final double OWN_PACE = -1;

  private final List<PhaseSpec> phases;
  private final List<Storm> storms;
  private final Churn churn;

  /**
   * @param cohort whose devices are asked for
   */
  Presence(Scenario scenario, String cohort) {
    this.phases = scenario.phases();
    this.storms =
        scenario.storms().stream()
            .filter(s -> s.cohort() == null || s.cohort().equals(cohort))
            .toList();
    this.churn =
        scenario.churn().stream()
            .filter(c -> c.cohort() == null || c.cohort().equals(cohort))
            .findFirst()
            .orElse(null);
  }

  /** One device's coming and going. */
  static final class Life {
    private final double rank;
    private final long seed;
    private final Chance chance;
    private boolean away;
    private boolean wasAway;
    private long changesMs = -1;

    Life(long deviceSeed) {
      this.seed = Chance.seed(deviceSeed, "presence");
      this.chance = new Chance(seed);
      this.rank = chance.uniform();
    }

    boolean hasBeenAway() {
      return wasAway;
    }
  }

  /** Times must not go back. */
  boolean wants(Life life, long fleetMs) {
    return life.rank < share(fleetMs) && !stormed(life, fleetMs) && !churned(life, fleetMs);
  }

  /** True if a storm is why it is not wanted. */
  boolean stormed(Life life, long fleetMs) {
    for (int i = 0; i < storms.size(); i++) {
      Storm storm = storms.get(i);
      long since = fleetMs - storm.at().toMillis();
      if (since >= 0 && since < storm.downFor().toMillis()) {
        if (new Chance(Chance.seed(life.seed, i)).uniform() < storm.share()) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean churned(Life life, long fleetMs) {
    if (churn == null) {
      return false;
    }
    if (life.changesMs < 0) {
      life.changesMs = wait(life, churn.online().toMillis());
    }
    while (fleetMs >= life.changesMs) {
      life.away = !life.away;
      life.wasAway = true;
      long mean = (life.away ? churn.offline() : churn.online()).toMillis();
      life.changesMs += wait(life, mean);
    }
    return life.away;
  }

  /** An exponential time, 1 ms at least. */
  private static long wait(Life life, long meanMs) {
    return Math.max(1, Math.round(-meanMs * StrictMath.log(1 - life.chance.uniform())));
  }

  boolean restarts() {
    return churn != null && churn.restarts();
  }

  /** Share of the devices that are to be connected. */
  double share(long fleetMs) {
    long start = 0;
    double before = 0;
    boolean stated = false;
    for (PhaseSpec phase : phases) {
      long length = phase.lasts().toMillis();
      double after = phase.connected() != null ? phase.connected() : stated ? before : 1;
      if (fleetMs < start + length) {
        return phase.connected() == null
            ? after
            : before + (after - before) * (fleetMs - start) / length;
      }
      stated = true;
      before = after;
      start += length;
    }
    return phases.isEmpty() ? 1 : before;
  }

  /** Reports per second of all trace devices, or {@link #OWN_PACE}. */
  static double rate(List<PhaseSpec> phases, long fleetMs) {
    long start = 0;
    for (PhaseSpec phase : phases) {
      long length = phase.lasts().toMillis();
      if (fleetMs < start + length) {
        return phase.rate() == null
            ? OWN_PACE
            : phase.fromRate() + (phase.rate() - phase.fromRate()) * (fleetMs - start) / length;
      }
      start += length;
    }
    return phases.isEmpty() || phases.get(phases.size() - 1).rate() == null
        ? OWN_PACE
        : phases.get(phases.size() - 1).rate();
  }
}
