package io.fqtfleet.streams.drift;

import io.fqtfleet.streams.drift.CohortSignals.Member;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the devices of a cohort, or of a part of it, know before a round is tested: their references
 * together, and how far they were off lately. Parts add up to the whole.
 */
public final class CohortPool implements Part<CohortPool> {
  /** References are summed in this part of a sample, so that parts add exactly. */
  private static final double UNITS = 1 << 12;

  /** A longer reference counts as one of so many samples: 2^19 devices fit. */
  private static final double SAMPLES_MAX = 1L << 32;

  /** Smoothed residuals lie between -3 and 3. */
  private static final double PAST_LOW = -4;

  private static final double PAST_WIDTH = 0.25;

  /** What a device is called does not decide. */
  private static final Comparator<Past> MOST_FIRST =
      Comparator.comparingDouble(Past::residual)
          .thenComparingDouble(Past::referenceError)
          .thenComparingLong(Past::referenceSamples)
          .thenComparingLong(Past::errors)
          .thenComparingLong(Past::samples)
          .reversed();

  /** What is known of a device that was far off lately. */
  private record Past(
      String device,
      double residual,
      double referenceError,
      long referenceSamples,
      long errors,
      long samples) {}

  private final Histogram past = new Histogram(PAST_LOW, PAST_WIDTH);
  private final Foremost<Past> worst =
      new Foremost<>(
          MOST_FIRST.thenComparing(Past::device), CohortSignals.trimmed(Histogram.FEW) + 1);
  private int ready;
  private long errors;
  private long samples;

  void add(Member member, DeviceLane.Settings settings) {
    if (!member.takesPart(settings)) {
      return;
    }
    DeviceLane lane = member.lane();
    double known = lane.referenceSamples();
    double scale =
        UNITS / lane.dispersion(settings) * (known > SAMPLES_MAX ? SAMPLES_MAX / known : 1);
    errors += Math.round(lane.referenceErrors() * scale);
    samples += Math.round(known * scale);
    ready++;
    if (member.samples() > 0) {
      past.add(member.pastResidual());
      worst.add(
          new Past(
              member.device(),
              member.pastResidual(),
              lane.referenceError(),
              lane.referenceSamples(),
              member.errors(),
              member.samples()));
    }
  }

  @Override
  public CohortPool merge(CohortPool other) {
    past.merge(other.past);
    worst.merge(other.worst);
    ready += other.ready;
    errors += other.errors;
    samples += other.samples;
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    past.write(out);
    out.writeInt(worst.all().size());
    for (Past device : worst.all()) {
      out.writeUTF(device.device);
      out.writeDouble(device.residual);
      out.writeDouble(device.referenceError);
      out.writeLong(device.referenceSamples);
      out.writeLong(device.errors);
      out.writeLong(device.samples);
    }
    out.writeInt(ready);
    out.writeLong(errors);
    out.writeLong(samples);
  }

  public static CohortPool read(DataInput in) throws IOException {
    CohortPool pool = new CohortPool();
    pool.past.merge(Histogram.read(in));
    for (int i = in.readInt(); i > 0; i--) {
      pool.worst.add(
          new Past(
              in.readUTF(),
              in.readDouble(),
              in.readDouble(),
              in.readLong(),
              in.readLong(),
              in.readLong()));
    }
    pool.ready = in.readInt();
    pool.errors = in.readLong();
    pool.samples = in.readLong();
    return pool;
  }

  int ready() {
    return ready;
  }

  /** Pooled error rate of the references, NaN without one. */
  double baseline() {
    return samples == 0 ? Double.NaN : (double) errors / samples;
  }

  double upper(double logInverseBeta) {
    return KtBound.upper(errors / UNITS, samples / UNITS, logInverseBeta);
  }

  /**
   * The devices that do not count, chosen by earlier rounds only, so that leaving them out does not
   * bias this one. Of more than {@link Histogram#FEW} it is those above a quantile.
   */
  Predicate<Member> leftOut() {
    int present = past.count();
    int without = CohortSignals.trimmed(present);
    if (present > Histogram.FEW) {
      double limit = past.quantile(1 - (double) without / present);
      return member -> member.pastResidual() > limit;
    }
    Set<String> names = new HashSet<>();
    worst.first(without, MOST_FIRST).forEach(m -> names.add(m.device()));
    return member -> names.contains(member.device());
  }
}
