package io.fqtfleet.programs.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of the evaluation is to be run.
 *
 * @param parts besides the scenarios, in upper case
 */
record Selection(List<DriftScenario> scenarios, Set<String> parts) {
  static final List<String> PARTS = List.of("STREAMS", "RECORDS", "FLEET", "ABLATION", "SPEED");

  /**
   * @param wanted ids, families or parts; absent or empty = everything
   */
  static Selection of(List<DriftScenario> all, List<String> wanted) {
    if (wanted == null || wanted.isEmpty()) {
      return new Selection(all, Set.copyOf(PARTS));
    }
    List<String> names = wanted.stream().map(w -> w.strip().toUpperCase(Locale.ROOT)).toList();
    Set<String> parts = new TreeSet<>();
    Set<String> unknown = new TreeSet<>();
    for (String name : names) {
      if (PARTS.contains(name)) {
        parts.add(name);
      } else if (all.stream().noneMatch(s -> matches(s, name))) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      List<String> known = new ArrayList<>(all.stream().map(DriftScenario::id).toList());
      known.addAll(PARTS);
      throw new IllegalArgumentException(
          "--scenarios names unknown ones: %s; known are %s".formatted(unknown, known));
    }
    return new Selection(
        all.stream().filter(s -> names.stream().anyMatch(n -> matches(s, n))).toList(), parts);
  }

  private static boolean matches(DriftScenario scenario, String name) {
    return scenario.id().toUpperCase(Locale.ROOT).equals(name) || scenario.family().equals(name);
  }

  boolean has(String part) {
    return parts.contains(part);
  }
}
