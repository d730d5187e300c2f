package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.state.AlertVerdict;
import io.fqtfleet.streams.state.CohortEvent;
import io.fqtfleet.streams.state.DeviceLeft;
import io.fqtfleet.streams.state.RolloutOrder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** All kinds of trouble at once: shards that share only summaries decide what one task does. */
class SplitStoriesTest {
  private static final int PER_COHORT = 30;
  private static final int WARM = 60;
  private static final WireCodec<AlertFeedback> FEEDBACK = WireCodec.of(AlertFeedback.class);
  private static final WireCodec<RolloutCommand> COMMANDS = WireCodec.of(RolloutCommand.class);

  private static Policy withRollout() {
    BudgetTerms quiet =
        BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet()).setLambdaMaxPermille(200).build();
    return Policy.newBuilder(Policies.DEFAULT)
        .setVersion(2)
        .setQuiet(quiet)
        .setDriftSettings(
            DriftSettings.newBuilder(Policies.DEFAULT.getDriftSettings())
                .setSilentRounds(8)
                .build())
        .setRollout(
            RolloutPlan.newBuilder()
                .setCanaryCount(2)
                .setWavesPermille(List.of(100, 400))
                .setSoakRounds(3)
                .setMinSamples(100)
                .build())
        .build();
  }

  private static void say(World world, String cohort, String device, Object body) {
    long atMs = World.START_MS + (long) world.round * World.ROUND_MS + 5;
    world.said.add(new CohortEvent(cohort, device, atMs, body));
  }

  private static Alert first(World world, String kind, String cohort) {
    return world.alerts.stream()
        .filter(a -> a.getKind().name().equals(kind) && a.getCohort().equals(cohort))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " of " + cohort));
  }

  private static World story(int split, long seed) {
    World world = new World(6, PER_COHORT, seed);
    world.split = split;
    for (int c = 2; c < 4; c++) {
      world
          .cohort(c)
          .list()
          .subList(0, 10)
          .forEach(d -> d.attributes = List.of("firmware=2.0", "site=a"));
    }
    world.run(10);
    world.policy = withRollout();
    world.run(4);
    RolloutCommand pause =
        RolloutCommand.newBuilder()
            .setCohort("c01")
            .setAction(RolloutAction.PAUSE)
            .setAuthor("ana")
            .setGivenAtMs(1)
            .build();
    say(world, "c01", "", new RolloutOrder(ByteBuffer.wrap(COMMANDS.encode(pause))));
    world.run(WARM - 14);
    world.cohort(0).list().forEach(d -> d.drift(0.4));
    world.cohort(1).list().forEach(d -> d.error = 0.25);
    for (int c = 2; c < 4; c++) {
      world.cohort(c).list().subList(0, 10).forEach(d -> d.drift(0.4));
    }
    world.cohort(4).list().subList(0, 4).forEach(d -> d.drift(0.5));
    List<World.Device> last = world.cohort(5).list();
    last.subList(0, 9).forEach(d -> d.silent = true);
    last.subList(10, 12).forEach(d -> d.throttled = World.SAMPLES);
    last.get(25).inputDeviation = 0;
    last.get(26).drift(0.6);
    world.run(10);
    world.cohort(5).devices.remove(last.get(28).id);
    say(world, "c05", last.get(28).id, new DeviceLeft());
    Alert labels = first(world, "LABEL_NOISE", "c01");
    AlertFeedback verdict =
        AlertFeedback.newBuilder()
            .setAlertId(labels.getId())
            .setVerdict(Verdict.FALSE_POSITIVE)
            .setAuthor("ana")
            .setComment("")
            .setGivenAtMs(World.START_MS)
            .build();
    say(world, "c01", "", new AlertVerdict(ByteBuffer.wrap(FEEDBACK.encode(verdict))));
    world.run(6);
    world.cohort(0).list().forEach(d -> d.drift(0.05));
    last.forEach(d -> d.silent = false);
    world.run(30);
    return world;
  }

  private static List<String> sorted(List<?> all) {
    return all.stream().map(Object::toString).sorted().toList();
  }

  @Test
  void everyKindOfIncidentRolloutAndOrderIsDecidedAlike() {
    long seed = 51;
    World whole = story(1, seed);
    Set<String> kinds =
        whole.alerts.stream()
            .map(a -> a.getKind() + "/" + a.getScope())
            .collect(Collectors.toCollection(TreeSet::new));
    for (String kind :
        List.of(
            "DOMAIN_DRIFT/COHORT",
            "LABEL_NOISE/COHORT",
            "SHARED_CAUSE/FLEET",
            "TELEMETRY_LOSS/COHORT",
            "ENERGY/DEVICE",
            "DEVICE_FAULT/DEVICE",
            "DEVICE_DRIFT/DEVICE")) {
      assertTrue(kinds.contains(kind), kind + " in " + kinds + ", seed " + seed);
    }
    Set<RolloutPhase> phases =
        whole.outcomes.stream()
            .filter(o -> o.rollout() != null)
            .map(o -> o.rollout().getPhase())
            .collect(Collectors.toSet());
    assertTrue(phases.containsAll(Set.of(RolloutPhase.COMPLETE, RolloutPhase.PAUSED)), "" + phases);
    for (int split : new int[] {3, 7}) {
      World parts = story(split, seed);
      for (int r = 0; r < whole.outcomes.size(); r++) {
        CohortRound.Outcome one = whole.outcomes.get(r);
        CohortRound.Outcome other = parts.outcomes.get(r);
        String story = "split into " + split + ", round " + r + ", seed " + seed;
        assertEquals(one.health().toString(), other.health().toString(), story);
        assertEquals(sorted(one.alerts()), sorted(other.alerts()), story);
        assertEquals(sorted(one.decisions()), sorted(other.decisions()), story);
        assertEquals(sorted(one.budgets()), sorted(other.budgets()), story);
        assertEquals(String.valueOf(one.rollout()), String.valueOf(other.rollout()), story);
      }
    }
  }
}
