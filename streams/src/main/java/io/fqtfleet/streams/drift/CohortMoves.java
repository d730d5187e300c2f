package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** How far the devices of a cohort, or of a part of it, moved in a round; parts add up. */
public final class CohortMoves implements Part<CohortMoves> {
  private static final double LOW = -8;
  private static final double WIDTH = 0.5;

  final Histogram residuals = new Histogram(LOW, WIDTH);
  private final ExactSum levels = new ExactSum();
  private long errors;
  private long samples;

  /**
   * @param residual clipped
   * @param level the same without margin, and before what the fleet shares was taken off
   */
  void add(double residual, double level, CohortSignals.Member member) {
    residuals.add(residual);
    levels.add(level);
    errors += member.errors();
    samples += member.samples();
  }

  @Override
  public CohortMoves merge(CohortMoves other) {
    residuals.merge(other.residuals);
    levels.merge(other.levels);
    errors += other.errors;
    samples += other.samples;
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    residuals.write(out);
    levels.write(out);
    out.writeLong(errors);
    out.writeLong(samples);
  }

  public static CohortMoves read(DataInput in) throws IOException {
    CohortMoves moves = new CohortMoves();
    moves.residuals.merge(Histogram.read(in));
    moves.levels.merge(ExactSum.read(in));
    moves.errors = in.readLong();
    moves.samples = in.readLong();
    return moves;
  }

  double level() {
    return levels.value() / residuals.count();
  }

  double current() {
    return samples == 0 ? Double.NaN : (double) errors / samples;
  }

  long samples() {
    return samples;
  }

  /** The typical device has moved, not just some. */
  boolean dense() {
    double mean = residuals.sum() / residuals.count();
    return mean > 0 && residuals.quantile(0.5) >= 0.5 * mean;
  }
}
