package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Headers;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.RollbackRule;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutAction;
import io.fqtfleet.schemas.RolloutCommand;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.RolloutPlan;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.streams.budget.Policies;
import io.fqtfleet.streams.ops.Meters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Rollouts through the whole topology: reports, acks, policies and commands in, budgets out. */
class RolloutTopologyTest {
  private static final int DEVICES = 12;
  private static final int SAMPLES = 20;
  private static final String COHORT = "line-0";

  /** A cohort whose new terms may cost accuracy. */
  private static final class Story implements AutoCloseable {
    final DriverRig rig = new DriverRig();
    final SyntheticFleet fleet = new SyntheticFleet(1, DEVICES, 0.05, 5);
    double errorUnderNewTerms = 0.05;
    int round;

    Story() {
      rig.send(policy(1, 100, null), DriverRig.START_MS);
      fleet.devices.values().forEach(d -> rig.send(d.status(true), DriverRig.START_MS + 10));
    }

    long nowMs() {
      return DriverRig.START_MS + (long) round * DriverRig.ROUND_MS;
    }

    void run(int rounds) {
      for (int i = 0; i < rounds; i++) {
        for (SyntheticFleet.Device device : fleet.devices.values()) {
          boolean fresh = device.terms.getLambdaMaxPermille() == 200;
          device.error = fresh ? errorUnderNewTerms : 0.05;
          rig.send(device.report(SAMPLES), nowMs() + 500);
        }
        rig.advance(DriverRig.ROUND_MS);
        round++;
        rig.freshBudgets().forEach(b -> fleet.devices.get(b.getDevice()).apply(b));
      }
    }

    void command(RolloutAction action, String author) {
      rig.send(
          RolloutCommand.newBuilder()
              .setCohort(COHORT)
              .setAction(action)
              .setAuthor(author)
              .setGivenAtMs(nowMs())
              .build(),
          nowMs() + 20);
    }

    Rollout state() {
      List<Rollout> all = rig.rollouts();
      return all.get(all.size() - 1);
    }

    Set<String> withNewTerms() {
      return fleet.devices.values().stream()
          .filter(d -> d.terms.getLambdaMaxPermille() == 200)
          .map(d -> d.id)
          .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  private static Policy policy(long version, int lambdaMax, RolloutPlan plan) {
    BudgetTerms quiet =
        BudgetTerms.newBuilder(Policies.DEFAULT.getQuiet()).setLambdaMaxPermille(lambdaMax).build();
    return Policy.newBuilder(Policies.DEFAULT)
        .setCohort(COHORT)
        .setVersion(version)
        .setQuiet(quiet)
        .setRollout(plan)
        .build();
  }

  private static RolloutPlan.Builder plan() {
    return RolloutPlan.newBuilder().setCanaryCount(3).setSoakRounds(4).setMinSamples(100);
  }

  @Test
  void canariesThatLoseAccuracyGetTheirTermsAndWeightsBack() {
    try (Story story = new Story()) {
      story.errorUnderNewTerms = 0.5;
      story.run(20);
      RolloutPlan plan = plan().setOnFailure(RollbackRule.ROLLBACK_WEIGHTS).build();
      story.rig.send(policy(2, 200, plan), story.nowMs());
      story.run(2);
      Set<String> canaries = new TreeSet<>(story.state().getCanaries());
      assertEquals(canaries, story.withNewTerms());
      assertEquals(3, canaries.size());
      story.run(6);
      assertEquals(RolloutPhase.ROLLED_BACK, story.state().getPhase(), story.state().toString());
      assertEquals(Set.of(), story.withNewTerms());
      List<UpdateBudget> back =
          story.rig.budgets().stream()
              .filter(b -> b.getWeights() == WeightsAction.LAST_GOOD)
              .toList();
      assertEquals(
          canaries,
          back.stream()
              .map(UpdateBudget::getDevice)
              .collect(Collectors.toCollection(TreeSet::new)));
      back.forEach(b -> assertEquals(1, b.getPolicyVersion()));
      assertTrue(back.stream().anyMatch(b -> b.getReason() == ReasonCode.ROLLBACK));
      assertTrue(
          story.rig.budgets().stream()
              .filter(b -> b.getPolicyVersion() == 2)
              .allMatch(b -> canaries.contains(b.getDevice())));
      Alert alert =
          story.rig.alerts().stream()
              .filter(a -> a.getKind() == AlertKind.ROLLOUT)
              .findAny()
              .orElseThrow();
      assertEquals(AlertStatus.FIRING, alert.getStatus());
      assertTrue(alert.getEvidence().getCurrent() > 0.3, alert.toString());
      assertTrue(
          story.rig.decisions().stream()
              .anyMatch(d -> d.getDevice() == null && d.getTo().equals("ROLLED_BACK")));
      replayed(story.rig);
    }
  }

  private static void replayed(DriverRig recorded) {
    try (DriverRig replay = new DriverRig(FleetTopology.replay(DriverRig.SETTINGS, new Meters()))) {
      recorded
          .written(Topics.EVIDENCE)
          .forEach(r -> replay.send(r.topic(), r.key(), r.value(), r.timestamp()));
      for (String topic : List.of(Topics.ROLLOUTS, Topics.BUDGETS, Topics.DECISIONS)) {
        assertEquals(recorded.lines(topic), replay.lines(topic));
      }
    }
  }

  @Test
  void anOperatorPausesARolloutAndItGoesOnWhenResumed() {
    try (Story story = new Story()) {
      story.run(20);
      story.rig.send(policy(2, 200, plan().setWavesPermille(List.of(500)).build()), story.nowMs());
      story.run(2);
      story.command(RolloutAction.PAUSE, "ana");
      story.run(15);
      assertEquals(RolloutPhase.PAUSED, story.state().getPhase());
      assertEquals("ana", story.state().getSteppedBy());
      assertEquals(3, story.withNewTerms().size());
      story.command(RolloutAction.RESUME, "ben");
      story.run(9);
      assertEquals(6, story.withNewTerms().size(), story.state().toString());
      SyntheticFleet.Device late = new SyntheticFleet.Device("late", COHORT, 0.05, 3);
      story.fleet.devices.put("late", late);
      story.rig.send(late.status(true), story.nowMs() + 10);
      story.run(14);
      assertEquals(RolloutPhase.COMPLETE, story.state().getPhase(), story.state().toString());
      assertEquals(DEVICES + 1, story.withNewTerms().size());
      Set<Long> versions =
          story.rig.budgets().stream()
              .filter(b -> b.getDevice().equals("dev-0-00"))
              .map(UpdateBudget::getVersion)
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(Set.of(1L, 2L), versions);
      replayed(story.rig);
    }
  }

  @Test
  void aCommandThatCannotBeReadIsPutAside() {
    try (Story story = new Story()) {
      story.command(RolloutAction.UNKNOWN, "ana");
      story.command(RolloutAction.PAUSE, " ");
      story.run(2);
      List<String> reasons =
          story.rig.written(Topics.DEAD_LETTERS).stream()
              .map(r -> r.headers().lastHeader(Headers.REASON).value())
              .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
              .toList();
      assertEquals(2, reasons.size());
      assertTrue(reasons.get(0).contains("use PAUSE, RESUME, APPROVE or ABORT"), reasons.get(0));
      assertTrue(reasons.get(1).contains("author: 0 characters"), reasons.get(1));
    }
  }
}
