package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.Foremost;
import io.fqtfleet.streams.drift.Histogram;
import io.fqtfleet.streams.drift.PlainMath;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The devices with the most evidence so far, at most the share of a cohort that may be broken: of a
 * cohort, or of a part of it; parts add up.
 */
final class Suspects {
  /** ln of evidence that says nothing; less counts as this. */
  private static final double LOG_MIN = -4;

  /**
   * Bins of the root of what is above, so that they are narrow where calm devices are and reach to
   * the largest evidence there is, 1e300.
   */
  private static final double WIDTH = 0.84;

  private record Suspect(String device, double evidence, DeviceCard card) {}

  /** What a device is called does not decide. */
  private static final Comparator<Suspect> MOST_FIRST =
      Comparator.comparingDouble(Suspect::evidence)
          .thenComparingDouble(s -> s.card.pastResidual)
          .thenComparingDouble(s -> s.card.lane.referenceError())
          .thenComparingLong(s -> s.card.lane.referenceSamples())
          .reversed();

  private final Foremost<Suspect> first =
      new Foremost<>(
          MOST_FIRST.thenComparing(Suspect::device), CohortSignals.trimmed(Histogram.FEW) + 1);
  private final Histogram roots = new Histogram(0, WIDTH);

  void add(CohortRound.Member member, double evidence) {
    first.add(new Suspect(member.device(), evidence, member.card()));
    roots.add(Math.sqrt(Math.max(0, PlainMath.log(evidence) - LOG_MIN)));
  }

  Suspects merge(Suspects other) {
    first.merge(other.first);
    roots.merge(other.roots);
    return this;
  }

  /** Of more than {@link Histogram#FEW} devices those above a quantile of the evidence. */
  Predicate<CohortRound.Member> outliers(ToDoubleFunction<DeviceCard> evidence) {
    int without = CohortSignals.trimmed(roots.count());
    if (roots.count() > Histogram.FEW) {
      double root = roots.quantile(1 - (double) without / roots.count());
      double limit = PlainMath.exp(root * root + LOG_MIN);
      return member -> evidence.applyAsDouble(member.card()) > limit;
    }
    Set<String> names = new HashSet<>();
    first.first(without, MOST_FIRST).forEach(s -> names.add(s.device));
    return member -> names.contains(member.device());
  }
}
