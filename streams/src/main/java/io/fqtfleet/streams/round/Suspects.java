package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.Foremost;
import io.fqtfleet.streams.drift.Histogram;
import io.fqtfleet.streams.drift.PlainMath;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The devices with the most evidence so far, at most the share of a cohort that may be broken: of a
 * cohort, or of a part of it; parts add up.
 */
final class Suspects {
  /** Bins of a nat: from far below what one round can bring to far above any threshold. */
  private static final double LOW = -4;

  private static final double WIDTH = 1;

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
  private final Histogram logs = new Histogram(LOW, WIDTH);

  void add(CohortRound.Member member, double evidence) {
    first.add(new Suspect(member.device(), evidence, member.card()));
    logs.add(PlainMath.log(evidence));
  }

  Suspects merge(Suspects other) {
    first.merge(other.first);
    logs.merge(other.logs);
    return this;
  }

  /** Of more than {@link Histogram#FEW} devices those above a quantile of the evidence. */
  Predicate<CohortRound.Member> outliers(CohortRound round) {
    int without = CohortSignals.trimmed(logs.count());
    if (logs.count() > Histogram.FEW) {
      double limit = PlainMath.exp(logs.quantile(1 - (double) without / logs.count()));
      return member -> round.linearEvidence(member.card()) > limit;
    }
    Set<String> names = new HashSet<>();
    first.first(without, MOST_FIRST).forEach(s -> names.add(s.device));
    return member -> names.contains(member.device());
  }
}
