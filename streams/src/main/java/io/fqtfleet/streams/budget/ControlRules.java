package io.fqtfleet.streams.budget;

import io.fqtfleet.schemas.EnergyBucket;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.QuietHours;
import io.fqtfleet.schemas.RolloutPlan;
import java.util.List;

/** What the rollout plan, the quiet hours and the energy of a policy must fulfil. */
final class ControlRules {
  private static final int ENERGY_MAX = 1_000_000;
  private static final int MINUTES = 24 * 60;
  private static final int QUIET_HOURS_MAX = 24;
  private static final int WAVES_MAX = 20;

  private final List<String> problems;

  ControlRules(List<String> problems) {
    this.problems = problems;
  }

  void check(Policy policy) {
    if (policy.getRollout() != null) {
      rollout(policy.getRollout());
    }
    quietHours(policy.getQuietHours());
    if (policy.getEnergy() != null) {
      energy(policy.getEnergy(), policy.getOnExpiry());
    }
  }

  private void rollout(RolloutPlan plan) {
    within("rollout.canaryCount", plan.getCanaryCount(), 0, 10_000);
    within("rollout.canaryPermille", plan.getCanaryPermille(), 0, 1000);
    if ((plan.getCanaryCount() > 0) == (plan.getCanaryPermille() > 0)) {
      problems.add(
          "rollout.canaryCount: %d with canaryPermille %d; give exactly one of the two above 0"
              .formatted(plan.getCanaryCount(), plan.getCanaryPermille()));
    }
    waves(plan);
    within("rollout.soakRounds", plan.getSoakRounds(), 1, 10_000);
    within("rollout.pauseRounds", plan.getPauseRounds(), 0, 10_000);
    within("rollout.successPermille", plan.getSuccessPermille(), 1, 1000);
    within("rollout.failurePermille", plan.getFailurePermille(), 0, 999);
    within("rollout.accuracyLossPermille", plan.getAccuracyLossPermille(), 1, 1000);
    within("rollout.minSamples", plan.getMinSamples(), 0, 10_000_000);
    if (plan.getSuccessPermille() + plan.getFailurePermille() > 1000) {
      problems.add(
          "rollout.successPermille: %d with failurePermille %d contradict each other; their sum"
                  .formatted(plan.getSuccessPermille(), plan.getFailurePermille())
              + " may be 1000 at most, lower one of them");
    }
  }

  private void waves(RolloutPlan plan) {
    List<Integer> waves = plan.getWavesPermille();
    within("rollout.wavesPermille (waves)", waves.size(), 0, WAVES_MAX);
    int before = plan.getCanaryPermille();
    for (int i = 0; i < waves.size(); i++) {
      String path = "rollout.wavesPermille[" + i + "]";
      within(path, waves.get(i), 1, 1000);
      if (waves.get(i) <= before) {
        problems.add(
            "%s: %d is not above %d, which have the new terms before it; let the waves rise"
                .formatted(path, waves.get(i), before));
      }
      before = waves.get(i);
    }
    if (plan.getGrowth() != 0) {
      within("rollout.growth", plan.getGrowth(), 2, 100);
      if (!waves.isEmpty()) {
        problems.add(
            "rollout.growth: %d with wavesPermille %s; give one of the two"
                .formatted(plan.getGrowth(), waves));
      }
    }
  }

  private void quietHours(List<QuietHours> hours) {
    within("quietHours", hours.size(), 0, QUIET_HOURS_MAX);
    for (int i = 0; i < hours.size(); i++) {
      String path = "quietHours[" + i + "]";
      within(path + ".fromMinute", hours.get(i).getFromMinute(), 0, MINUTES - 1);
      within(path + ".toMinute", hours.get(i).getToMinute(), 0, MINUTES - 1);
      if (hours.get(i).getFromMinute() == hours.get(i).getToMinute()) {
        problems.add(
            "%s.toMinute: %d is where it begins; to stop training for good set frozen: true"
                .formatted(path, hours.get(i).getToMinute()));
      }
    }
  }

  private void energy(EnergyBucket bucket, ExpiryAction onExpiry) {
    within("energy.capacityMilliJoule", bucket.getCapacityMilliJoule(), 1, ENERGY_MAX);
    within("energy.refillMilliJoulePerHour", bucket.getRefillMilliJoulePerHour(), 0, ENERGY_MAX);
    if (onExpiry != ExpiryAction.FREEZE) {
      problems.add(
          "onExpiry: %s would leave 'energy' to the device's factory terms; set FREEZE"
              .formatted(onExpiry));
    }
  }

  private void within(String path, long value, long min, long max) {
    if (value < min || value > max) {
      problems.add(
          "%s: %d is not in %d..%d; choose a value in that range".formatted(path, value, min, max));
    }
  }
}
