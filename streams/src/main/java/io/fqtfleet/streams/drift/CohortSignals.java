package io.fqtfleet.streams.drift;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One round of a cohort as numbers: the pooled reference, each device's residual against its own
 * reference, and which devices count.
 *
 * <p>A residual's reference is the device's own error rate, pulled towards the pool's by {@value
 * #PRIOR_SAMPLES} samples, plus the pool's margin (upper bound minus mean). So the sum's
 * expectation is at most zero although each device's own reference is short.
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
      boolean isolated) {}

  /**
   * @param ready devices with a reference that are not isolated
   * @param baseline pooled error rate of the references, NaN without one
   * @param upper its upper bound
   * @param current error rate of this round over the counted devices, NaN without samples
   * @param samples labelled samples behind current
   * @param residuals per member in the given order, NaN where it has none
   * @param counted residuals of the devices that count, clipped
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
      double[] residuals,
      double[] counted,
      boolean dense,
      double level) {}

  /** What a device is called must not decide, unless all that is known of two is the same. */
  private static final Comparator<Member> MOST_FIRST =
      Comparator.comparingDouble(Member::pastResidual)
          .thenComparingDouble(m -> m.lane.referenceError())
          .thenComparingLong(m -> m.lane.referenceSamples())
          .thenComparingLong(Member::errors)
          .thenComparingLong(Member::samples)
          .reversed()
          .thenComparing(Member::device);

  private CohortSignals() {}

  /** How many devices are left out, of a cohort of so many. */
  public static int trimmed(int devices) {
    return devices < DEVICES_MIN ? 0 : Math.max(1, (int) Math.ceil(devices * ISOLATED_SHARE));
  }

  public static Signals of(
      List<Member> members, DeviceLane.Settings settings, double logInverseBetaCohort) {
    return of(members, settings, logInverseBetaCohort, 0);
  }

  /**
   * @param common mean residual that all cohorts of the fleet share, such as day and night
   */
  public static Signals of(
      List<Member> members,
      DeviceLane.Settings settings,
      double logInverseBetaCohort,
      double common) {
    double errors = 0;
    double samples = 0;
    int ready = 0;
    for (Member member : members) {
      if (takesPart(member, settings)) {
        double dispersion = member.lane.dispersion(settings);
        errors += member.lane.referenceErrors() / dispersion;
        samples += member.lane.referenceSamples() / dispersion;
        ready++;
      }
    }
    double baseline = samples == 0 ? Double.NaN : errors / samples;
    double upper = KtBound.upper(errors, samples, logInverseBetaCohort);
    double[] residuals = new double[members.size()];
    double[] levels = new double[members.size()];
    for (int i = 0; i < residuals.length; i++) {
      residuals[i] = residual(members.get(i), settings, baseline, upper - baseline) - common;
      levels[i] = residual(members.get(i), settings, baseline, 0);
    }
    return count(members, residuals, levels, ready, baseline, upper);
  }

  private static boolean takesPart(Member member, DeviceLane.Settings settings) {
    return !member.isolated && member.lane.ready(settings);
  }

  private static double residual(
      Member member, DeviceLane.Settings settings, double baseline, double margin) {
    if (member.samples == 0 || !takesPart(member, settings)) {
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

  private static Signals count(
      List<Member> members,
      double[] residuals,
      double[] levels,
      int ready,
      double baseline,
      double upper) {
    Set<String> leftOut = leftOut(members, residuals);
    List<Double> counted = new ArrayList<>();
    long errors = 0;
    long samples = 0;
    double level = 0;
    for (int i = 0; i < residuals.length; i++) {
      Member member = members.get(i);
      if (!Double.isNaN(residuals[i]) && !leftOut.contains(member.device)) {
        counted.add(residuals[i]);
        level += levels[i];
        errors += member.errors;
        samples += member.samples;
      }
    }
    double[] values = counted.stream().mapToDouble(Double::doubleValue).toArray();
    return new Signals(
        ready,
        baseline,
        upper,
        samples == 0 ? Double.NaN : (double) errors / samples,
        samples,
        residuals,
        ready < DEVICES_MIN ? new double[0] : values,
        dense(values),
        level / values.length);
  }

  /** Chosen by earlier rounds only, so that leaving them out does not bias this one. */
  private static Set<String> leftOut(List<Member> members, double[] residuals) {
    List<Member> present = new ArrayList<>();
    for (int i = 0; i < residuals.length; i++) {
      if (!Double.isNaN(residuals[i])) {
        present.add(members.get(i));
      }
    }
    present.sort(MOST_FIRST);
    Set<String> names = new HashSet<>();
    present.stream().limit(trimmed(present.size())).forEach(m -> names.add(m.device));
    return names;
  }

  private static boolean dense(double[] residuals) {
    if (residuals.length == 0) {
      return false;
    }
    double[] sorted = residuals.clone();
    Arrays.sort(sorted);
    double mean = Arrays.stream(sorted).average().orElse(0);
    return mean > 0 && sorted[(sorted.length - 1) / 2] >= 0.5 * mean;
  }

  /**
   * ln of the mean of the devices' evidence without the largest few. It is below the mean of all,
   * which is an e-detector under any dependence, so its false alarms are bounded as well.
   *
   * @param logs evidence of the devices that take part
   */
  public static double trimmedMean(double[] logs) {
    if (logs.length < DEVICES_MIN) {
      return LogSpace.ZERO;
    }
    double[] sorted = logs.clone();
    Arrays.sort(sorted);
    double sum = LogSpace.sum(sorted, sorted.length - trimmed(sorted.length));
    return sum - PlainMath.log(sorted.length);
  }
}
