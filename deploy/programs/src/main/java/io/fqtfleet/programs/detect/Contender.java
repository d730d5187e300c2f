package io.fqtfleet.programs.detect;

import io.fqtfleet.streams.drift.DetectorPlan;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A detector with its settings, as a comparison names it.
 *
 * @param name for tables
 */
public record Contender(String name, DetectorPlan plan) {
  private static final String LATCH = "latch=400";

  /**
   * @param settings as key=value
   */
  static Contender of(String name, String detector, String... settings) {
    Map<String, String> map = new HashMap<>();
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      map.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return new Contender(name, DetectorPlan.of(detector, map));
  }

  /** Ours at three false alarm rates, its variants, and what others use. */
  public static List<Contender> all() {
    return List.of(
        of("e-sr c=1e4", "e-sr", "arl=1e4"),
        of("e-sr c=1e5", "e-sr", "arl=1e5"),
        of("e-sr c=1e6", "e-sr", "arl=1e6"),
        of("e-cusum c=1e4", "e-cusum", "arl=1e4"),
        of("e-sr-bounded c=1e4", "e-sr-bounded", "arl=1e4"),
        of("e-sr-gaussian c=1e4", "e-sr-gaussian", "arl=1e4"),
        of("e-sr-slow c=1e4", "e-sr-slow", "arl=1e4"),
        of("e-sr-slow, latch 400", "e-sr-slow", "arl=1e4", LATCH),
        of("adwin", "adwin"),
        of("adwin, latch 400", "adwin", LATCH),
        of("adwin-river", "adwin-river"),
        of("page-hinkley", "page-hinkley"),
        of("page-hinkley-river", "page-hinkley-river"),
        of("cusum", "cusum"),
        of("hddm-a", "hddm-a"),
        of("hddm-a, latch 400", "hddm-a", LATCH),
        of("ddm", "ddm"),
        of("stepd as MOA", "stepd", "direction=both"),
        of("stepd, latch 400", "stepd", LATCH));
  }
}
