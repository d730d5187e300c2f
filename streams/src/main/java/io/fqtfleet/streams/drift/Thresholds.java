package io.fqtfleet.streams.drift;

/**
 * What the operator's false pages per fleet-day are spent on. Four equal shares: evidence of
 * devices, bounds of devices' references, evidence of cohorts, bounds of cohorts' references.
 *
 * <p>Evidence: P(M >= c before T) <= T/c, so c = devices × rounds per day / share. A cohort gets
 * the part of the share that its devices are of the fleet. Bounds: each fails with probability beta
 * per epoch, for all time; one epoch per device, signal and day is assumed. More signals leave c as
 * it is, because their evidence is averaged.
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
    return of(falsePagesPerFleetDay, roundMs, fleetDevices, cohortDevices, 1);
  }

  /**
   * @param signals how many are tested, each with a reference of its own
   */
  public static Thresholds of(
      double falsePagesPerFleetDay,
      int roundMs,
      long fleetDevices,
      int cohortDevices,
      int signals) {
    double share = falsePagesPerFleetDay / SHARES;
    double rounds = DAY_MS / roundMs;
    double devices = Math.max(fleetDevices, cohortDevices);
    double cohorts = devices / Math.max(1, cohortDevices);
    return new Thresholds(
        atLeastOne(devices * rounds / share),
        atLeastOne(cohorts * rounds / share),
        atLeastOne(devices * signals / share),
        atLeastOne(cohorts * signals / share));
  }

  /** ln c of groups of devices, such as those of one firmware, when so many are looked at. */
  public static double logGroup(double falsePagesPerFleetDay, int roundMs, int groups) {
    return atLeastOne(groups * DAY_MS / roundMs / (falsePagesPerFleetDay / SHARES));
  }

  /** Very generous budgets must not make every report an alarm. */
  private static double atLeastOne(double c) {
    return Math.max(1, PlainMath.log(c));
  }

  /** Of a lane that watches a cohort's means, a report per round. */
  public DeviceLane.Settings cohortLane(int warmupReports, int lagReports) {
    return new DeviceLane.Settings(warmupReports, lagReports, logInverseBetaCohort, logCohort);
  }

  public DeviceLane.Settings lane(int warmupReports, int lagReports) {
    return new DeviceLane.Settings(warmupReports, lagReports, logInverseBetaDevice, logDevice);
  }
}
