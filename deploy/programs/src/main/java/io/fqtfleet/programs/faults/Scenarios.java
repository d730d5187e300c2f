package io.fqtfleet.programs.faults;

import io.fqtfleet.programs.faults.FaultScenario.SmallDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every fault there is, in the order in which they are run. */
final class Scenarios {
  /** The most telling ones: what {@code deploy/fleet test} runs. */
  static final List<String> SHORT =
      List.of(
          "kafka-blackholed",
          "broker-restarted",
          "broker-cut",
          "kafka-stopped",
          "gateway-restarted");

  private Scenarios() {}

  static List<FaultScenario> all() {
    List<FaultScenario> all = new ArrayList<>(KafkaFaults.all());
    all.addAll(BrokerFaults.all());
    all.addAll(GatewayFaults.all());
    return all;
  }

  /**
   * Those of the names.
   *
   * @throws IllegalArgumentException with all names if one is unknown
   */
  static List<FaultScenario> named(List<String> names) {
    List<FaultScenario> all = all();
    List<String> known = all.stream().map(FaultScenario::name).toList();
    for (String name : names) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "--scenario '%s' is none of %s".formatted(name, String.join(", ", known)));
      }
    }
    return names.stream().map(name -> all.get(known.indexOf(name))).collect(Collectors.toList());
  }

  /** Why a scenario cannot be run here; empty if it can. */
  static Optional<String> obstacle(FaultScenario scenario, Path directory) {
    if (scenario.shape().smallDisk() != SmallDisk.NONE) {
      Optional<String> obstacle = SmallDirectory.obstacle(directory);
      if (obstacle.isPresent()) {
        return obstacle;
      }
    }
    return scenario.shape().steppedClock() ? FalseClock.obstacle() : Optional.empty();
  }
}
