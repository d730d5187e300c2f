package io.fqtfleet.streams.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.budget.BudgetRule.Issue;
import io.fqtfleet.streams.budget.BudgetRule.Situation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BudgetRuleTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final Policy POLICY =
      Policy.newBuilder(Policies.DEFAULT).setVersion(3).setTimeToLiveS(600).build();

  /** A device in one round; each test changes what it is about. */
  private static final class Device {
    Standing from = Standing.STABLE;
    Standing standing = Standing.STABLE;
    int level;
    UpdateBudget last;
    long reported;
    long applied = -1;

    /** 0 = its last report came just now. */
    long appliedAtMs;

    boolean refused;
    boolean resetPending;
    int reissues;
    BudgetRule.Recall recall = BudgetRule.Recall.NONE;
    boolean restorePending;
    EnergyReserve reserve;
    int firstLayer = -1;

    Optional<Issue> decide(Policy policy, long nowMs) {
      return BudgetRule.decide(
          new Situation(
              "d1",
              from,
              standing,
              level,
              last,
              reported,
              applied,
              appliedAtMs == 0 ? nowMs : appliedAtMs,
              refused,
              resetPending,
              reissues,
              recall,
              restorePending,
              reserve,
              firstLayer),
          policy,
          nowMs,
          nowMs + 500);
    }

    UpdateBudget issued(Policy policy, long nowMs) {
      last = decide(policy, nowMs).orElseThrow().budget();
      from = standing;
      return last;
    }

    Device enters(Standing next) {
      from = standing;
      standing = next;
      return this;
    }
  }

  private static Device initial() {
    Device device = new Device();
    device.issued(POLICY, T0);
    device.applied = device.last.getVersion();
    return device;
  }

  @Test
  void theFirstBudgetIsQuietAndNeverEnds() {
    UpdateBudget budget = new Device().issued(POLICY, T0);
    assertEquals(ReasonCode.INITIAL, budget.getReason());
    assertEquals(POLICY.getQuiet(), budget.getTerms());
    assertEquals(0, budget.getTimeToLiveS());
    assertEquals(1, budget.getVersion());
    assertEquals(T0 + 500, budget.getIssuedAtMs());
    assertFalse(budget.getResetErrorMax());
  }

  @Test
  void nothingNewNothingSent() {
    assertTrue(initial().decide(POLICY, T0 + 86_400_000L).isEmpty());
  }

  @Test
  void versionsContinueAboveWhatTheDeviceHasSeen() {
    Device device = new Device();
    device.reported = 41;
    assertEquals(42, device.issued(POLICY, T0).getVersion());
  }

  @Test
  void lambdaFollowsTheLevelBetweenQuietAndDrift() {
    for (int level = 1; level <= BudgetRule.LEVELS; level++) {
      Device device = initial().enters(Standing.DRIFT);
      device.level = level;
      BudgetTerms terms = device.issued(POLICY, T0).getTerms();
      assertEquals(100 + 900 * level / 4, terms.getLambdaMaxPermille());
      assertEquals(50 + 150 * level / 4, terms.getLambdaMinPermille());
      assertEquals(POLICY.getDrift().getLearningRate(), terms.getLearningRate());
    }
  }

  @Test
  void theFirstLayerIsChosenOnlyInADriftAndIfThePolicyLets() {
    Policy chooses = Policy.newBuilder(POLICY).setChooseLayers(true).build();
    Device device = initial().enters(Standing.DRIFT);
    device.level = BudgetRule.LEVELS;
    device.firstLayer = 1;
    assertEquals(
        1, device.decide(chooses, T0).orElseThrow().budget().getTerms().getFirstTrainableLayer());
    assertEquals(POLICY.getDrift(), device.decide(POLICY, T0).orElseThrow().budget().getTerms());
    device.enters(Standing.TRIAL);
    assertEquals(POLICY.getTrial(), device.decide(chooses, T0).orElseThrow().budget().getTerms());
  }

  @Test
  void theLevelIsTheRootOfTheSeverityAndFallsWithAMargin() {
    assertEquals(1, BudgetRule.level(0, 0));
    assertEquals(2, BudgetRule.level(0.25, 0));
    assertEquals(3, BudgetRule.level(0.3, 0));
    assertEquals(4, BudgetRule.level(1, 0));
    assertEquals(4, BudgetRule.level(7, 0));
    assertEquals(3, BudgetRule.level(0.24, 3), "just below an edge the level is held");
    assertEquals(2, BudgetRule.level(0.18, 3));
  }

  @Test
  void aDriftForgetsTheErrorMaximumOnceAndUntilItArrived() {
    Device device = initial().enters(Standing.DRIFT);
    device.level = 2;
    UpdateBudget first = device.issued(POLICY, T0);
    assertTrue(first.getResetErrorMax());
    assertEquals(ReasonCode.DOMAIN_DRIFT, first.getReason());
    assertEquals(600, first.getTimeToLiveS());
    device.level = 4;
    device.resetPending = true;
    assertTrue(device.issued(POLICY, T0 + 2000).getResetErrorMax(), "the first may never arrive");
    device.level = 3;
    device.resetPending = false;
    assertFalse(device.issued(POLICY, T0 + 4000).getResetErrorMax());
  }

  @Test
  void aBudgetThatEndsIsRenewedAtHalfOfItsTime() {
    Device device = initial().enters(Standing.TRIAL);
    UpdateBudget trial = device.issued(POLICY, T0);
    assertEquals(ReasonCode.DEVICE_TRIAL, trial.getReason());
    device.applied = trial.getVersion();
    assertTrue(device.decide(POLICY, T0 + 298_000).isEmpty());
    UpdateBudget renewed = device.issued(POLICY, T0 + 300_000);
    assertEquals(trial.getTerms(), renewed.getTerms());
    assertEquals(trial.getVersion() + 1, renewed.getVersion());
    assertEquals(ReasonCode.DEVICE_TRIAL, renewed.getReason());
  }

  @Test
  void aFaultyDeviceDoesNotTrain() {
    UpdateBudget budget = initial().enters(Standing.FAULT).issued(POLICY, T0);
    assertFalse(budget.getTerms().getTraining());
    assertEquals(ReasonCode.DEVICE_FAULT, budget.getReason());
    assertEquals(0, budget.getTimeToLiveS(), "frozen until told otherwise");
  }

  @Test
  void afterADriftQuietTermsReturn() {
    Device device = initial().enters(Standing.DRIFT);
    device.level = 4;
    device.applied = device.issued(POLICY, T0).getVersion();
    device.enters(Standing.RECOVERING);
    assertTrue(device.decide(POLICY, T0 + 10_000).isEmpty(), "the terms stay while recovering");
    UpdateBudget quiet = device.enters(Standing.STABLE).issued(POLICY, T0 + 20_000);
    assertEquals(POLICY.getQuiet(), quiet.getTerms());
    assertEquals(ReasonCode.RECOVERED, quiet.getReason());
  }

  @Test
  void aChangedPolicyIsToldOnlyWhereItChangesTheTerms() {
    Policy same = Policy.newBuilder(POLICY).setVersion(4).setRecoveryRounds(9).build();
    assertTrue(initial().decide(same, T0).isEmpty());
    BudgetTerms other = BudgetTerms.newBuilder(POLICY.getQuiet()).setTrainEveryNth(3).build();
    Policy changed = Policy.newBuilder(POLICY).setVersion(5).setQuiet(other).build();
    UpdateBudget budget = initial().issued(changed, T0);
    assertEquals(ReasonCode.POLICY_CHANGED, budget.getReason());
    assertEquals(5, budget.getPolicyVersion());
    assertEquals(other, budget.getTerms());
  }

  @Test
  void theOperatorsFreezeWinsOverEveryStanding() {
    Policy cohort = Policy.newBuilder(POLICY).setFrozen(true).build();
    Policy device = Policy.newBuilder(POLICY).setFrozenDevices(List.of("d1")).build();
    for (Policy policy : List.of(cohort, device)) {
      for (Standing standing : Standing.values()) {
        Device frozen = initial().enters(standing);
        frozen.level = 4;
        UpdateBudget budget = frozen.issued(policy, T0);
        assertFalse(budget.getTerms().getTraining(), standing.name());
        assertFalse(budget.getResetErrorMax(), standing.name());
        assertEquals(ReasonCode.OPERATOR_FREEZE, budget.getReason());
      }
    }
    Policy others = Policy.newBuilder(POLICY).setFrozenDevices(List.of("d2")).build();
    assertTrue(initial().decide(others, T0).isEmpty());
  }

  @Test
  void whatDoesNotArriveIsSentAgainMoreAndMoreRarelyAndNotForEver() {
    Device device = initial();
    device.applied = 0;
    long now = device.last.getIssuedAtMs();
    for (int i = 0; i < BudgetRule.REISSUES_MAX; i++) {
      long patienceMs = 3L * 2000 << i;
      assertTrue(device.decide(POLICY, now + patienceMs - 1000).isEmpty());
      Issue again = device.decide(POLICY, now + patienceMs).orElseThrow();
      assertTrue(again.repeats());
      assertEquals(ReasonCode.INITIAL, again.budget().getReason());
      assertEquals(device.last.getVersion() + 1, again.budget().getVersion());
      device.last = again.budget();
      device.reissues++;
      now = device.last.getIssuedAtMs();
    }
    assertTrue(device.decide(POLICY, now + 86_400_000L).isEmpty());
  }

  @Test
  void aReportThatWaitedToBeReadIsNoReasonToRepeat() {
    Device device = initial();
    device.applied = 0;
    long issuedAtMs = device.last.getIssuedAtMs();
    device.appliedAtMs = issuedAtMs + 1000;
    assertTrue(device.decide(POLICY, issuedAtMs + 600_000).isEmpty());
    device.appliedAtMs = issuedAtMs + 3 * 2000;
    assertTrue(device.decide(POLICY, issuedAtMs + 600_000).orElseThrow().repeats());
  }

  @Test
  void aRefusedBudgetIsSentAgain() {
    Device device = initial();
    device.refused = true;
    assertTrue(device.decide(POLICY, T0 + 2000).isEmpty());
    assertTrue(device.decide(POLICY, T0 + 8000).orElseThrow().repeats());
  }
}
