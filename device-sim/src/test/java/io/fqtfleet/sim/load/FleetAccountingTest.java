package io.fqtfleet.sim.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Every report is made, withheld, acknowledged or in flight. */
class FleetAccountingTest {
  @Test
  void sumsAndSetsAgree() {
    FleetAccounting accounting = new FleetAccounting();
    accounting.booted("b", 7);
    accounting.booted("a", 8);
    for (long n = 1; n <= 5; n++) {
      accounting.made("a", n);
    }
    accounting.made("b", 1);
    accounting.withheld("a", 2);
    accounting.acked("a", 1);
    accounting.acked("a", 4);
    accounting.acked("a", 4);
    FleetAccounting.Totals totals = accounting.totals();
    assertEquals(new FleetAccounting.Totals(6, 1, 2), totals);
    assertEquals(3, totals.inFlight());
    assertEquals(List.of("a", "b"), List.copyOf(accounting.byDevice().keySet()));
    assertEquals(
        new FleetAccounting.DeviceReports("a", 8, List.of(1L, 3L, 4L, 5L), List.of(1L, 4L)),
        accounting.byDevice().get("a"));
  }

  @Test
  void strangersAndImpossibleNumbersAreRefused() {
    FleetAccounting accounting = new FleetAccounting();
    assertThrows(IllegalStateException.class, () -> accounting.made("x", 1));
    accounting.booted("x", 1);
    assertThrows(IllegalArgumentException.class, () -> accounting.made("x", 0));
  }

  @Test
  void arrivalsTellLostDuplicatedAndOutOfOrder() {
    FleetAccounting fleet = new FleetAccounting();
    fleet.booted("d", 7, 1_000, 1.1);
    for (long n = 1; n <= 5; n++) {
      fleet.made("d", n);
      fleet.acked("d", 7, n);
    }
    assertEquals(3_000, fleet.arrived("d", 7, 2, 2_200), "the fleet's time, not the device's");
    fleet.arrived("d", 7, 1, 1_100);
    fleet.arrived("d", 7, 1, 1_100);
    fleet.arrived("d", 7, 5, 5_500);
    fleet.repeated("d");
    assertEquals(FleetAccounting.NOT_OURS, fleet.arrived("d", 8, 3, 3_300));
    assertEquals(FleetAccounting.NOT_OURS, fleet.arrived("e", 7, 3, 3_300));
    assertEquals(FleetAccounting.NOT_OURS, fleet.arrived("d", 7, 9, 3_300));
    assertEquals(new FleetAccounting.Arrivals(3, 2, 0, 1), fleet.arrivals());
    assertEquals(java.util.Map.of("d", 3L), fleet.firstLost(5));
    fleet.arrived("d", 7, 5, 5_500);
    assertEquals(1, fleet.arrivals().duplicated(), "one was the scenario's own");

    fleet.booted("d", 9, 9_000, 1);
    fleet.made("d", 1);
    fleet.arrived("d", 7, 3, 3_300);
    assertEquals(new FleetAccounting.Arrivals(4, 1, 1, 2), fleet.arrivals(), "of the boot before");
    assertEquals(6, fleet.totals().made());
  }
}
