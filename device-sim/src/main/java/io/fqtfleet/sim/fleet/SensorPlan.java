package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.SimDevice;
import io.fqtfleet.sim.fleet.EventSpecs.Drift;
import io.fqtfleet.sim.fleet.EventSpecs.Fault;
import io.fqtfleet.sim.fleet.EventSpecs.WrongLabels;
import io.fqtfleet.sim.signal.Chance;
import io.fqtfleet.sim.signal.FaultySource;
import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;
import io.fqtfleet.sim.signal.SignalSpace;
import io.fqtfleet.sim.signal.SignalSpace.Change;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * Turns a scenario's events, which happen at times, into sources and label rules of devices, which
 * are functions of the window's index.
 */
final class SensorPlan {
  /** For QEMU devices: no fault of a simulated device's number is theirs. */
  static final int NO_NUMBER = -1;

  private final Scenario scenario;
  private final SignalSpace space;

  SensorPlan(Scenario scenario, SignalSpace space) {
    this.scenario = scenario;
    this.space = space;
  }

  /**
   * One device.
   *
   * @param number among the cohort's simulated devices, or {@link #NO_NUMBER}
   * @param bootMs the fleet's time at which its window 0 begins
   */
  record Place(CohortSpec cohort, int number, long seed, long bootMs, long periodUs) {
    /** The first window that begins at or after a time of the fleet. */
    long windowAt(Duration at) {
      long sinceBootUs = Math.max(0, at.toMillis() - bootMs) * 1000;
      return (sinceBootUs + periodUs - 1) / periodUs;
    }
  }

  long seed(String device) {
    return Chance.seed(scenario.seed(), device);
  }

  Place simulated(CohortSpec cohort, int number, long bootMs) {
    long periodUs = SimDevice.periodUs(cohort.windowsPerSecond());
    return new Place(cohort, number, seed(cohort.device(number)), bootMs, periodUs);
  }

  Place qemu(CohortSpec cohort, int number) {
    long periodUs = SimDevice.periodUs(cohort.qemuWindowsPerSecond());
    return new Place(cohort, NO_NUMBER, seed(cohort.qemuDevice(number)), 0, periodUs);
  }

  SampleSource source(Place place) {
    String domain = place.cohort().domain();
    SampleSource source = space.source(domain, place.seed(), 0);
    List<Drift> drifts =
        scenario.drifts().stream()
            .filter(drift -> drift.cohort().equals(place.cohort().name()))
            .sorted(Comparator.comparing(Drift::at))
            .toList();
    for (Drift drift : drifts) {
      long span = Math.max(1, drift.over().toMillis() * 1000 / place.periodUs());
      Change change =
          new Change(domain, drift.to(), drift.profile(), place.windowAt(drift.at()), span);
      source = space.drift(source, change, place.seed());
      domain = drift.to();
    }
    for (Fault fault : scenario.faults()) {
      if (fault.cohort().equals(place.cohort().name()) && fault.device() == place.number()) {
        source =
            new FaultySource(
                source,
                fault.kind(),
                fault.magnitude(),
                place.windowAt(fault.at()),
                place.windowAt(fault.until()),
                place.seed());
      }
    }
    return source;
  }

  LabelRule labels(Place place) {
    int classes = space.classNames().size();
    double share = place.cohort().labelledShare();
    for (WrongLabels wrong : scenario.wrongLabels()) {
      boolean mine = wrong.device() == null || wrong.device() == place.number();
      if (wrong.cohort().equals(place.cohort().name()) && mine) {
        return new LabelRule(
            Chance.seed(place.seed(), "labels"),
            classes,
            share,
            wrong.share(),
            place.windowAt(wrong.at()),
            place.windowAt(wrong.until()));
      }
    }
    return LabelRule.right(Chance.seed(place.seed(), "labels"), classes, share);
  }
}
