package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.CohortSignals;
import io.fqtfleet.streams.drift.Foremost;
import io.fqtfleet.streams.drift.Histogram;
import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.drift.PlainMath;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The devices with the most evidence so far, at most the share of a cohort that may be broken: of a
 * cohort, or of a part of it; parts add up.
 */
final class Suspects implements Part<Suspects> {
  /** ln of evidence that says nothing; less counts as this. */
  private static final double LOG_MIN = -4;

  /**
   * Bins of the root of what is above, so that they are narrow where calm devices are and reach to
   * the largest evidence there is, 1e300.
   */
  private static final double WIDTH = 0.84;

  private record Suspect(
      String device,
      double evidence,
      double pastResidual,
      double referenceError,
      long referenceSamples) {}

  /** What a device is called does not decide. */
  private static final Comparator<Suspect> MOST_FIRST =
      Comparator.comparingDouble(Suspect::evidence)
          .thenComparingDouble(Suspect::pastResidual)
          .thenComparingDouble(Suspect::referenceError)
          .thenComparingLong(Suspect::referenceSamples)
          .reversed();

  private final Foremost<Suspect> first =
      new Foremost<>(
          MOST_FIRST.thenComparing(Suspect::device), CohortSignals.trimmed(Histogram.FEW) + 1);
  private final Histogram roots = new Histogram(0, WIDTH);

  void add(CohortRound.Member member, double evidence) {
    DeviceCard card = member.card();
    first.add(
        new Suspect(
            member.device(),
            evidence,
            card.pastResidual,
            card.lane.referenceError(),
            card.lane.referenceSamples()));
    roots.add(Math.sqrt(Math.max(0, PlainMath.log(evidence) - LOG_MIN)));
  }

  @Override
  public Suspects merge(Suspects other) {
    first.merge(other.first);
    roots.merge(other.roots);
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(first.all().size());
    for (Suspect suspect : first.all()) {
      out.writeUTF(suspect.device);
      out.writeDouble(suspect.evidence);
      out.writeDouble(suspect.pastResidual);
      out.writeDouble(suspect.referenceError);
      out.writeLong(suspect.referenceSamples);
    }
    roots.write(out);
  }

  static Suspects read(DataInput in) throws IOException {
    Suspects suspects = new Suspects();
    for (int i = in.readInt(); i > 0; i--) {
      suspects.first.add(
          new Suspect(
              in.readUTF(), in.readDouble(), in.readDouble(), in.readDouble(), in.readLong()));
    }
    suspects.roots.merge(Histogram.read(in));
    return suspects;
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
