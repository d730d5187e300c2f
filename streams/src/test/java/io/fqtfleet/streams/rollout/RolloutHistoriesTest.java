package io.fqtfleet.streams.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutApproval;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.streams.rollout.RolloutStep.Withdrawal;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What holds in any history: chance drives devices, operators and policies. */
class RolloutHistoriesTest {
  private static final int HISTORIES = 80;
  private static final int ROUNDS = 100;

  private static RolloutPlan plan(Random random) {
    RolloutPlan.Builder plan = RolloutFleet.plan().setSoakRounds(1 + random.nextInt(4));
    if (random.nextBoolean()) {
      plan.setCanaryCount(0).setCanaryPermille(1 + random.nextInt(300));
    }
    if (random.nextBoolean()) {
      plan.setWavesPermille(List.of(300, 300 + random.nextInt(600)));
    } else {
      plan.setGrowth(random.nextInt(4) == 0 ? 0 : 2 + random.nextInt(3));
    }
    return plan.setPauseRounds(random.nextInt(3))
        .setMinSamples(random.nextInt(200))
        .setApproval(RolloutApproval.values()[random.nextInt(3)])
        .build();
  }

  @Test
  void noWaveExceedsItsTargetAndWhatEndsTakesItsTermsBack() {
    for (long seed = 1; seed <= HISTORIES; seed++) {
      Random random = new Random(seed);
      RolloutFleet fleet = new RolloutFleet(1 + random.nextInt(40), seed);
      for (int i = 0; i < ROUNDS; i++) {
        disturb(fleet, random);
        long before = fleet.exposed();
        long sizeBefore = fleet.devices.size();
        Rollout was = fleet.state;
        RolloutStep.Outcome outcome = fleet.step(commands(fleet, random));
        String where = "seed " + seed + " round " + i + " " + outcome.state();
        check(fleet, outcome, before, where);
        assertEquals(sizeBefore, fleet.devices.size(), where);
        if (RolloutStep.isActive(was) && !RolloutStep.isActive(outcome.state())) {
          assertEquals(0, fleet.exposed(), where);
          assertTrue(outcome.withdrawal() != Withdrawal.NONE, where);
        }
      }
    }
  }

  private static void check(
      RolloutFleet fleet, RolloutStep.Outcome outcome, long before, String where) {
    if (!outcome.expose().isEmpty()) {
      assertTrue(fleet.exposed() <= outcome.state().getTarget(), where);
      Set<String> order =
          new TreeSet<>(CanaryOrder.of(outcome.state().getId(), fleet.devices.keySet()));
      assertTrue(order.containsAll(outcome.expose()), where);
    } else if (outcome.withdrawal() == Withdrawal.NONE) {
      assertEquals(before, fleet.exposed(), where);
    }
    if (fleet.held) {
      assertTrue(outcome.expose().isEmpty() || outcome.started(), where);
    }
    if (outcome.state() != null && outcome.lastGood().getVersion() == fleet.policy.getVersion()) {
      assertTrue(!RolloutStep.isActive(outcome.state()), where);
    }
  }

  private static void disturb(RolloutFleet fleet, Random random) {
    fleet.held = random.nextInt(12) == 0;
    fleet.incident = random.nextInt(8) == 0;
    fleet.devices.values().forEach(d -> d.online = d.online ^ random.nextInt(40) == 0);
    fleet.devices.values().forEach(d -> d.obeys = d.obeys ^ random.nextInt(300) == 0);
    if (random.nextInt(20) == 0) {
      fleet.devices.put("late" + fleet.round, new RolloutFleet.Device());
    }
    if (random.nextInt(30) == 0 && fleet.devices.size() > 1) {
      fleet.devices.remove(fleet.devices.firstKey());
    }
    if (random.nextInt(25) == 0) {
      RolloutPlan plan = random.nextInt(5) == 0 ? null : plan(random);
      fleet.policy =
          RolloutFleet.version(fleet.policy.getVersion() + 1, 100 + random.nextInt(3), plan);
    }
  }

  private static RolloutCommand[] commands(RolloutFleet fleet, Random random) {
    return random.nextInt(6) > 0
        ? new RolloutCommand[0]
        : new RolloutCommand[] {
          fleet.command(RolloutAction.values()[random.nextInt(RolloutAction.values().length)])
        };
  }

  @Test
  void theSameHistoryGivesTheSameRollout() {
    RolloutFleet first = new RolloutFleet(30, 11);
    RolloutFleet second = new RolloutFleet(30, 11);
    for (RolloutFleet fleet : List.of(first, second)) {
      fleet.policy = RolloutFleet.version(2, 200, RolloutFleet.plan().setGrowth(2).build());
      fleet.steps(60);
    }
    assertEquals(first.audits, second.audits);
    assertEquals(first.state, second.state);
  }

  @Test
  void everyRolloutHasOtherCanaries() {
    Set<String> canaries = new TreeSet<>();
    RolloutFleet fleet = new RolloutFleet(30, 3);
    for (int version = 2; version < 12; version++) {
      fleet.policy = RolloutFleet.version(version, 100 + version, RolloutFleet.plan().build());
      fleet.step();
      canaries.addAll(fleet.state.getCanaries());
      fleet.step(fleet.command(RolloutAction.ABORT));
    }
    assertTrue(canaries.size() > 10, canaries.toString());
  }
}
