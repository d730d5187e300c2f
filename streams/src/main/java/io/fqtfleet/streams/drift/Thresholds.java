package io.fqtfleet.streams.drift;

/**
 * What the operator's false pages per fleet-day are spent on. Four equal shares: evidence of
 * devices, bounds of devices' references, evidence of cohorts, bounds of cohorts' references.
 *
 * <p>Evidence: P(M >= c before T) <= T/c, so c = devices × rounds per day / share. A cohort gets
 * the part of the share that its devices are of the fleet. Bounds: each fails with probability beta
 * per epoch, for all time; one epoch per device and day is assumed.
 */
public record Thresholds(
    double logDevice, double logCohort, double logInverseBetaDevice, double logInverseBetaCohort) {
  private static final double DAY_MS = 86_400_000.0;
  private static final int SHARES = 4;

  /**
   * @param falsePagesPerFleetDay of the policy
   * @param roundMs length of a round
   * @param fleetDevices devices of the whole fleet, an upper bound
   * @param cohortDevices devices of the cohort
   */
  public static Thresholds of(
      double falsePagesPerFleetDay, int roundMs, long fleetDevices, int cohortDevices) {
    double share = falsePagesPerFleetDay / SHARES;
    double rounds = DAY_MS / roundMs;
    double devices = Math.max(fleetDevices, cohortDevices);
    double cohorts = devices / Math.max(1, cohortDevices);
    return new Thresholds(
        atLeastOne(devices * rounds / share),
        atLeastOne(cohorts * rounds / share),
        atLeastOne(devices / share),
        atLeastOne(cohorts / share));
  }

  /** Very generous budgets must not make every report an alarm. */
  private static double atLeastOne(double c) {
    return Math.max(1, Math.log(c));
  }

  public DeviceLane.Settings lane(int warmupReports, int lagReports) {
    return new DeviceLane.Settings(warmupReports, lagReports, logInverseBetaDevice, logDevice);
  }
}
