package io.fqtfleet.programs.evaluation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The methods that ours is compared with. */
final class Baselines {
  private Baselines() {}

  static Map<String, Watch> of(DriftScenario scenario, List<Truth> truths) {
    Map<String, Watch> watches = new LinkedHashMap<>();
    watches.put("PERIODIC", new SimpleWatches.Periodic());
    watches.put("NONE", new SimpleWatches.None());
    watches.put("ORACLE", new SimpleWatches.Oracle(truths));
    return watches;
  }
}
