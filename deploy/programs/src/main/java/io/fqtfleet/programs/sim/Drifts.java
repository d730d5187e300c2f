package io.fqtfleet.programs.sim;

import io.fqtfleet.sim.fleet.EventSpecs.Drift;
import io.fqtfleet.sim.fleet.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What became of the scenario's drifts. */
record Drifts(Scenario scenario, KafkaWatch watch, Map<String, Set<String>> cohorts) {
  /** The share of the devices that counts as the cohort. */
  private static final double MOST = 0.95;

  List<SimResult.DriftSeen> seen() {
    List<SimResult.DriftSeen> all = new ArrayList<>();
    for (Drift drift : scenario.drifts()) {
      long atMs = drift.at().toMillis();
      long alertMs =
          watch.raised().stream()
              .filter(a -> a.scope().equals("COHORT") && a.key().equals(drift.cohort()))
              .filter(a -> a.readMs() >= atMs)
              .mapToLong(a -> a.readMs() - atMs)
              .findFirst()
              .orElse(-1);
      List<Long> applied = watch.applied(cohorts.get(drift.cohort()), atMs);
      List<Long> done = applied.stream().filter(ms -> ms >= 0).sorted().toList();
      int needed = (int) Math.ceil(applied.size() * MOST);
      long appliedMs = needed == 0 || done.size() < needed ? -1 : done.get(needed - 1) - atMs;
      all.add(
          new SimResult.DriftSeen(
              drift.cohort(), drift.to(), atMs / 1000.0, alertMs, appliedMs, applied.size()));
    }
    return all;
  }
}
