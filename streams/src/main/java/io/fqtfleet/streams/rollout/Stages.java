package io.fqtfleet.streams.rollout;

import io.fqtfleet.schemas.RolloutPlan;
import java.util.List;

/** How many devices each stage of a plan may give the new terms. Stage 0 are the canaries. */
public final class Stages {
  private static final int PERMILLE = 1000;

  private Stages() {}

  /**
   * Devices that have the new terms once a stage is complete: never fewer than in the stage before,
   * at most all.
   *
   * @param devices of the cohort now
   */
  public static int target(RolloutPlan plan, int stage, int devices) {
    int canaries = canaries(plan, devices);
    if (stage == 0) {
      return canaries;
    }
    List<Integer> waves = plan.getWavesPermille();
    if (!waves.isEmpty()) {
      return stage > waves.size()
          ? devices
          : Math.max(canaries, share(waves.get(stage - 1), devices));
    }
    if (plan.getGrowth() == 0) {
      return devices;
    }
    long target = canaries;
    for (int i = 0; i < stage && target < devices; i++) {
      target *= plan.getGrowth();
    }
    return (int) Math.min(target, devices);
  }

  /** True if this stage reaches every device of the cohort. */
  public static boolean isLast(RolloutPlan plan, int stage, int devices) {
    return target(plan, stage, devices) >= devices;
  }

  /** Stages in all, as the cohort is now. */
  public static int count(RolloutPlan plan, int devices) {
    int stage = 0;
    while (!isLast(plan, stage, devices)) {
      stage++;
    }
    return stage + 1;
  }

  private static int canaries(RolloutPlan plan, int devices) {
    int wanted =
        plan.getCanaryCount() > 0
            ? plan.getCanaryCount()
            : Math.max(1, share(plan.getCanaryPermille(), devices));
    return Math.min(wanted, devices);
  }

  /** Rounded down: a share never means more devices than it says. */
  private static int share(int permille, int devices) {
    return (int) ((long) permille * devices / PERMILLE);
  }
}
