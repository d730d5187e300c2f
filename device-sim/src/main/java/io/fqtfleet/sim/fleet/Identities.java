package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.sim.device.ProvisioningPage;
import java.util.List;
import java.util.TreeMap;

/** Who the devices of a scenario are. */
final class Identities {
  private Identities() {}

  static ProvisioningPage of(
      Scenario scenario, FleetSetup setup, CohortSpec cohort, String id, String board) {
    List<Attribute> attributes =
        new TreeMap<>(cohort.attributes())
            .entrySet().stream().map(e -> new Attribute(e.getKey(), e.getValue())).toList();
    return new ProvisioningPage(
        id,
        cohort.name(),
        board,
        setup.keyId(),
        setup.key(id),
        attributes,
        scenario.factory().terms(cohort.reportInterval()));
  }
}
