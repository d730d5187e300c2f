package io.fqtfleet.programs.proof;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Policy;
import java.util.List;

/**
 * What is run.
 *
 * @param devices per cohort, 4..1000
 * @param rounds report intervals of a run
 * @param windowsPerRound of each device
 * @param base the policy for all cohorts
 */
record ProofSettings(
    Worlds worlds,
    List<ProofScenario> scenarios,
    int seeds,
    long firstSeed,
    int devices,
    int rounds,
    int windowsPerRound,
    Policy base) {
  /** Some moment; the phase of nothing depends on it. */
  private static final long NEAR_MS = 1_700_000_000_000L;

  ProofSettings {
    range("--seeds", seeds, 1, 1000);
    range("--devices", devices, 4, 1000);
    range("--rounds", rounds, 50, 10_000);
    range("--windows", windowsPerRound, 4, 1000);
    scenarios = List.copyOf(scenarios);
  }

  private static void range(String name, int value, int low, int high) {
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "%s %d is not in %d..%d".formatted(name, value, low, high));
    }
  }

  /** A fifth of the run is calm. */
  int onsetRound() {
    return rounds / 5;
  }

  int roundMs() {
    return base.getRoundMs();
  }

  long periodMs() {
    return roundMs() / windowsPerRound;
  }

  int graceMs() {
    return base.getDriftSettings().getGraceMs();
  }

  /** Windows that pass in a round before the budgets of the round before are there. */
  int windowsBeforeBudgets() {
    return (int) Math.min(windowsPerRound - 1, graceMs() / periodMs());
  }

  long startMs() {
    return NEAR_MS / roundMs() * roundMs();
  }

  int fleetDevices() {
    return worlds.cohorts() * devices;
  }

  /** The base, or with a battery's energy alone. */
  Policy policy(ProofScenario scenario) {
    if (!scenario.isBatteryLimited()) {
      return base;
    }
    return Policy.newBuilder(base)
        .setQuiet(onBattery(base.getQuiet()))
        .setDrift(onBattery(base.getDrift()))
        .setTrial(onBattery(base.getTrial()))
        .build();
  }

  private static BudgetTerms onBattery(BudgetTerms terms) {
    return BudgetTerms.newBuilder(terms)
        .setEnergyCapacityMilliJoule(1)
        .setEnergyRefillMilliJoulePerHour(0)
        .build();
  }
}
