package io.fqtfleet.streams.drift;

import java.util.List;
import java.util.function.Predicate;

/**
 * One round of a cohort as numbers: the pooled reference, each device's residual against its own
 * reference, and which devices count.
 *
 * <p>A residual's reference is the device's own error rate, pulled towards the pool's by {@value
 * #PRIOR_SAMPLES} samples, plus the pool's margin (upper bound minus mean). So the sum's
 * expectation is at most zero although each device's own reference is short.
 *
 * <p>A cohort may be split into shards. Each is reduced twice to sums of bounded size, before the
 * test ({@link CohortPool}) and after it ({@link CohortMoves}); the cohort sees only their sums, so
 * the number of shards changes nothing.
 */
public final class CohortSignals {
  /** Below this many devices a cohort has no lane of its own: its devices are judged alone. */
  public static final int DEVICES_MIN = 3;

  /** Share of devices that may be broken without making the cohort suspicious. */
  private static final double ISOLATED_SHARE = 0.05;

  private static final double PRIOR_SAMPLES = 50;
  private static final double EDGE = 1e-3;

  /**
   * A device in a round.
   *
   * @param errors of samples; samples may be 0
   * @param pastResidual smoothed residual of earlier rounds
   * @param isolated its trouble is its own: it never counts for the cohort
   */
  public record Member(
      String device,
      long errors,
      long samples,
      DeviceLane lane,
      double pastResidual,
      boolean isolated) {
    boolean takesPart(DeviceLane.Settings settings) {
      return !isolated && lane.ready(settings);
    }
  }

  /**
   * @param ready devices with a reference that are not isolated
   * @param baseline pooled error rate of the references, NaN without one
   * @param upper its upper bound
   * @param current error rate of this round over the counted devices, NaN without samples
   * @param samples labelled samples behind current
   * @param counted devices that count, 0 if they are too few
   * @param sum of their residuals, clipped
   * @param dense the typical device has moved, not just some
   * @param level mean residual of the devices that count, without margin and before what the fleet
   *     shares was taken off; NaN without any
   */
  public record Signals(
      int ready,
      double baseline,
      double upper,
      double current,
      long samples,
      int counted,
      double sum,
      boolean dense,
      double level) {}

  private CohortSignals() {}

  /** How many devices are left out, of a cohort of so many. */
  public static int trimmed(int devices) {
    return devices < DEVICES_MIN ? 0 : Math.max(1, (int) Math.ceil(devices * ISOLATED_SHARE));
  }

  /** What is known of a part before the test. */
  public static CohortPool pool(List<Member> members, DeviceLane.Settings settings) {
    CohortPool pool = new CohortPool();
    members.forEach(member -> pool.add(member, settings));
    return pool;
  }

  /**
   * What the test of a part gives.
   *
   * @param residuals per member in the given order, NaN where it has none
   */
  public record Tested(double[] residuals, CohortMoves moves) {}

  /**
   * @param pool of the whole cohort
   * @param common mean residual that all cohorts of the fleet share, such as day and night
   */
  public static Tested test(
      List<Member> members,
      CohortPool pool,
      DeviceLane.Settings settings,
      double logInverseBetaCohort,
      double common) {
    double baseline = pool.baseline();
    double margin = pool.upper(logInverseBetaCohort) - baseline;
    Predicate<Member> leftOut = pool.leftOut();
    CohortMoves moves = new CohortMoves();
    double[] residuals = new double[members.size()];
    for (int i = 0; i < residuals.length; i++) {
      Member member = members.get(i);
      residuals[i] = residual(member, settings, baseline, margin) - common;
      if (!Double.isNaN(residuals[i]) && !leftOut.test(member)) {
        moves.add(residuals[i], residual(member, settings, baseline, 0), member);
      }
    }
    return new Tested(residuals, moves);
  }

  /**
   * @param pool of the whole cohort, as are moves
   */
  public static Signals of(CohortPool pool, CohortMoves moves, double logInverseBetaCohort) {
    return new Signals(
        pool.ready(),
        pool.baseline(),
        pool.upper(logInverseBetaCohort),
        moves.current(),
        moves.samples(),
        pool.ready() < DEVICES_MIN ? 0 : moves.residuals.count(),
        moves.residuals.sum(),
        moves.dense(),
        moves.level());
  }

  private static double residual(
      Member member, DeviceLane.Settings settings, double baseline, double margin) {
    if (member.samples == 0 || !member.takesPart(settings)) {
      return Double.NaN;
    }
    DeviceLane lane = member.lane;
    double known = lane.referenceSamples() + PRIOR_SAMPLES;
    double p = (lane.referenceErrors() + PRIOR_SAMPLES * baseline) / known + margin;
    p = Math.min(Math.max(p, EDGE), 1 - EDGE);
    double n = member.samples;
    double variance = n * p * (1 - p) * lane.dispersion(settings) * (1 + n / known);
    return Math.min(CohortLane.CLIP, (member.errors - n * p) / Math.sqrt(variance));
  }
}
