package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** An {@link EsrLane} with a threshold: alarm when M >= c, then a new epoch. */
final class EsrDetector implements Detector {
  private final EsrLane lane;
  private final double threshold;
  private final boolean unit;
  private long rows;
  private boolean alarmed;

  /**
   * @param threshold c
   * @param unit whether only values in [0, 1] are allowed
   */
  EsrDetector(EsrLane lane, double threshold, boolean unit) {
    this.lane = lane;
    this.threshold = threshold;
    this.unit = unit;
  }

  @Override
  public boolean add(double value) {
    if (unit) {
      Detector.requireUnit(value);
    } else {
      Detector.requireFinite(value);
    }
    return observe(value, 1);
  }

  @Override
  public boolean addCounts(long errors, long samples) {
    if (errors < 0 || errors > samples) {
      throw new IllegalArgumentException("%d errors of %d samples".formatted(errors, samples));
    }
    return samples > 0 && observe(errors, samples);
  }

  private boolean observe(double sum, double n) {
    if (alarmed) {
      restart();
    }
    lane.observe(sum, n);
    rows++;
    alarmed = lane.evidence() >= threshold;
    return alarmed;
  }

  /** ln M. */
  @Override
  public double statistic() {
    return lane.ready() ? PlainMath.log(lane.evidence()) : Double.NaN;
  }

  /** ln c. */
  @Override
  public double threshold() {
    return PlainMath.log(threshold);
  }

  @Override
  public long onset() {
    return rows - 1 - lane.onsetAge();
  }

  @Override
  public void restart() {
    lane.restart();
    alarmed = false;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(rows);
    out.writeBoolean(alarmed);
    lane.write(out);
  }

  @Override
  public void read(DataInput in) throws IOException {
    rows = in.readLong();
    alarmed = in.readBoolean();
    lane.read(in);
  }
}
