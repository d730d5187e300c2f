package io.fqtfleet.programs.evaluation;

import io.fqtfleet.streams.drift.DetectorPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The methods that ours is compared with. */
final class Baselines {
  /** Half a day of silence after an alarm. */
  private static final String LATCH = "72";

  /** Names of the usual detectors with what differs from their published settings. */
  static final Map<String, DetectorPlan> DETECTORS = detectors();

  private Baselines() {}

  private static Map<String, DetectorPlan> detectors() {
    Map<String, DetectorPlan> plans = new LinkedHashMap<>();
    plans.put("ADWIN", DetectorPlan.of("adwin", Map.of()));
    plans.put("ADWIN+latch", DetectorPlan.of("adwin", Map.of("latch", LATCH)));
    plans.put("HDDM_A", DetectorPlan.of("hddm-a", Map.of()));
    plans.put("Page-Hinkley", DetectorPlan.of("page-hinkley", Map.of()));
    plans.put("CUSUM", DetectorPlan.of("cusum", Map.of()));
    return plans;
  }

  static Map<String, Watch> of(DriftScenario scenario, List<Truth> truths) {
    Map<String, Watch> watches = new LinkedHashMap<>();
    DETECTORS.forEach(
        (name, plan) -> watches.put(name, new DetectorWatch(plan, scenario.cohorts())));
    watches.put("PERIODIC", new SimpleWatches.Periodic());
    watches.put("NONE", new SimpleWatches.None());
    watches.put("ORACLE", new SimpleWatches.Oracle(truths));
    return watches;
  }
}
