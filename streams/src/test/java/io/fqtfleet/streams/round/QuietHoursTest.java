package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.QuietHours;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.budget.Standing;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In quiet hours nobody trains beyond quiet terms, and nobody is judged by a trial without it. */
class QuietHoursTest {
  private static final int MINUTE = (int) Math.floorMod(World.START_MS / 60_000, (long) 24 * 60);

  private static Policy policy(long version, List<QuietHours> hours) {
    return Policy.newBuilder(Policies.DEFAULT).setVersion(version).setQuietHours(hours).build();
  }

  @Test
  void aTrialWaitsUntilTheyAreOver() {
    World world = new World(1, 10, 5);
    world.policy = policy(1, List.of(new QuietHours(MINUTE - 5, MINUTE + 60)));
    world.run(40);
    World.Device odd = world.cohort(0).list().get(3);
    odd.drift(0.7);
    world.run(80);
    DeviceCard card = world.cohort(0).cards.get(odd.id);
    assertEquals(Standing.TRIAL, card.standing());
    assertEquals(Policies.DEFAULT.getQuiet(), card.budget().getTerms());
    assertFalse(World.fired(world.alerts).contains("DEVICE_FAULT " + odd.id));
    world.policy = policy(2, List.of());
    world.run(1);
    assertEquals(Policies.DEFAULT.getTrial(), card(world, odd).budget().getTerms());
    world.run(80);
    assertTrue(World.fired(world.alerts).contains("DEVICE_FAULT " + odd.id));
  }

  private static DeviceCard card(World world, World.Device device) {
    return world.cohort(0).cards.get(device.id);
  }
}
