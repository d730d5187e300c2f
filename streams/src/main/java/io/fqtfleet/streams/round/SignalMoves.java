package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.ExactSum;
import io.fqtfleet.streams.drift.Histogram;
import io.fqtfleet.streams.drift.Part;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** How far one signal moved at the devices of a cohort, or of a part of it; parts add up. */
final class SignalMoves implements Part<SignalMoves> {
  /** Largest influence of one device on the mean of its cohort, in deviations. */
  private static final double CLIP = 3;

  /** Below this many devices their median is no better than each of them. */
  private static final int MEDIAN_DEVICES_MIN = 5;

  /** Lanes clip at 8 deviations; so the bins hold all that can matter. */
  private static final double LOW = -8;

  private static final double WIDTH = 0.5;

  private final Histogram residuals = histogram();
  private final ExactSum clipped = new ExactSum();
  private int counted;

  /** Of deviations. */
  static Histogram histogram() {
    return new Histogram(LOW, WIDTH);
  }

  /**
   * @param counts false = for the median, not for the mean
   */
  void add(double residual, boolean counts) {
    residuals.add(residual);
    if (counts) {
      clipped.add(Math.max(-CLIP, Math.min(CLIP, residual)));
      counted++;
    }
  }

  @Override
  public SignalMoves merge(SignalMoves other) {
    residuals.merge(other.residuals);
    clipped.merge(other.clipped);
    counted += other.counted;
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    residuals.write(out);
    clipped.write(out);
    out.writeInt(counted);
  }

  static SignalMoves read(DataInput in) throws IOException {
    SignalMoves moves = new SignalMoves();
    moves.residuals.merge(Histogram.read(in));
    moves.clipped.merge(ExactSum.read(in));
    moves.counted = in.readInt();
    return moves;
  }

  int devices() {
    return residuals.count();
  }

  /** What the devices share, 0 if they are too few to tell. */
  double common() {
    return devices() < MEDIAN_DEVICES_MIN ? 0 : residuals.median();
  }

  double mean() {
    return clipped.value() / counted;
  }
}
