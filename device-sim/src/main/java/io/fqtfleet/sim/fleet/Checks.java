package io.fqtfleet.sim.fleet;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with one record of a scenario, so that all of it is told at once. */
final class Checks {
  private final List<String> problems = new ArrayList<>();

  Checks that(boolean right, String problem, Object... values) {
    if (!right) {
      problems.add(problem.formatted(values));
    }
    return this;
  }

  Checks range(String name, double value, double low, double high) {
    return that(
        value >= low && value <= high,
        "%s = %s is not in %s..%s",
        name,
        number(value),
        number(low),
        number(high));
  }

  Checks range(String name, Duration value, Duration low, Duration high) {
    return that(
        value.compareTo(low) >= 0 && value.compareTo(high) <= 0,
        "%s = %s is not in %s..%s",
        name,
        words(value),
        words(low),
        words(high));
  }

  Checks present(String name, Object value) {
    return that(value != null, "%s is missing; it has no default", name);
  }

  void done() {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e12
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static String words(Duration value) {
    return value.toMillis() % 1000 == 0 ? value.toSeconds() + "s" : value.toMillis() + "ms";
  }
}
