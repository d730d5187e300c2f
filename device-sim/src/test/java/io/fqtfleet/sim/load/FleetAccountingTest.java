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
}
