package io.fqtfleet.streams.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.EnergyBucket;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.QuietHours;
import io.fqtfleet.schemas.RolloutPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Plans, quiet hours and energy: what is refused, and when quiet hours hold. */
class ControlRulesTest {
  private static final long MINUTE_MS = 60_000;

  private static Policy.Builder policy() {
    return Policy.newBuilder(Policies.DEFAULT).setVersion(1);
  }

  private static List<String> problems(RolloutPlan.Builder plan) {
    return PolicyRules.problems(policy().setRollout(plan.build()).build());
  }

  @Test
  void aSoundPlanPasses() {
    RolloutPlan.Builder plan =
        RolloutPlan.newBuilder().setCanaryPermille(50).setWavesPermille(List.of(200, 500));
    assertEquals(List.of(), problems(plan));
    assertEquals(List.of(), problems(RolloutPlan.newBuilder().setCanaryCount(3).setGrowth(4)));
  }

  @Test
  void canariesAreGivenInOneWay() {
    String rule = "give exactly one of the two above 0";
    assertTrue(problems(RolloutPlan.newBuilder()).get(0).endsWith(rule));
    RolloutPlan.Builder both = RolloutPlan.newBuilder().setCanaryCount(3).setCanaryPermille(5);
    assertTrue(problems(both).get(0).startsWith("rollout.canaryCount: 3 with canaryPermille 5"));
  }

  @Test
  void wavesRiseAboveTheCanaries() {
    RolloutPlan.Builder plan =
        RolloutPlan.newBuilder().setCanaryPermille(300).setWavesPermille(List.of(200, 900));
    assertEquals(
        List.of(
            "rollout.wavesPermille[0]: 200 is not above 300, which have the new terms before it;"
                + " let the waves rise"),
        problems(plan));
    plan.setCanaryPermille(100).setGrowth(3);
    assertEquals(
        List.of("rollout.growth: 3 with wavesPermille [200, 900]; give one of the two"),
        problems(plan));
  }

  @Test
  void thresholdsThatContradictEachOtherAreRefused() {
    RolloutPlan.Builder plan =
        RolloutPlan.newBuilder()
            .setCanaryCount(1)
            .setSuccessPermille(950)
            .setFailurePermille(100)
            .setAccuracyLossPermille(0);
    List<String> problems = problems(plan);
    assertEquals(2, problems.size(), problems.toString());
    assertTrue(problems.get(0).startsWith("rollout.accuracyLossPermille: 0 is not in 1..1000"));
    assertTrue(problems.get(1).contains("lower one of them"));
  }

  @Test
  void energyNeedsAFreezeOnExpiry() {
    Policy.Builder policy = policy().setEnergy(new EnergyBucket(1000, 100));
    assertEquals(List.of(), PolicyRules.problems(policy.build()));
    List<String> problems = PolicyRules.problems(policy.setOnExpiry(ExpiryAction.FACTORY).build());
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).endsWith("set FREEZE"), problems.get(0));
  }

  @Test
  void quietHoursHaveABeginningAndAnEnd() {
    List<String> problems =
        PolicyRules.problems(
            policy()
                .setQuietHours(List.of(new QuietHours(60, 60), new QuietHours(0, 1440)))
                .build());
    assertEquals(2, problems.size(), problems.toString());
    assertTrue(problems.get(0).startsWith("quietHours[0].toMinute: 60 is where it begins"));
    assertTrue(problems.get(1).startsWith("quietHours[1].toMinute: 1440 is not in 0..1439"));
  }

  @Test
  void quietHoursMayCrossMidnight() {
    Policy night = policy().setQuietHours(List.of(new QuietHours(22 * 60, 6 * 60))).build();
    assertTrue(QuietTime.holds(night, 22 * 60 * MINUTE_MS));
    assertTrue(QuietTime.holds(night, 24 * 60 * MINUTE_MS + 5));
    assertTrue(QuietTime.holds(night, 6 * 60 * MINUTE_MS - 1));
    assertFalse(QuietTime.holds(night, 6 * 60 * MINUTE_MS));
    assertFalse(QuietTime.holds(night, 22 * 60 * MINUTE_MS - 1));
    Policy noon = policy().setQuietHours(List.of(new QuietHours(720, 721))).build();
    assertTrue(QuietTime.holds(noon, 720 * MINUTE_MS));
    assertFalse(QuietTime.holds(noon, 721 * MINUTE_MS));
  }
}
