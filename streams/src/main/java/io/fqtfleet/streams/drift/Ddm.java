package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Error rate p and its deviation s = √(p(1-p)/n) against their smallest sum (Gama et al. 2004,
 * "Learning with drift detection"): alarm when {@code p + s > p_min + level·s_min}.
 */
final class Ddm implements Detector {
  private final int minRows;
  private final double level;
  private long rows;
  private long seen;
  private double mean;
  private double deviation;
  private double bestMean;
  private double bestDeviation;
  private long bestRow;
  private boolean alarmed;

  /**
   * @param minRows values before the first alarm, the first counts as 2, as MOA counts
   */
  Ddm(int minRows, double level) {
    this.minRows = minRows;
    this.level = level;
    restart();
  }

  @Override
  public boolean add(double value) {
    Detector.requireUnit(value);
    if (alarmed) {
      restart();
    }
    rows++;
    seen++;
    mean += (value - mean) / seen;
    deviation = Math.sqrt(Math.max(0, mean * (1 - mean)) / seen);
    if (seen + 1 < minRows) {
      return false;
    }
    if (mean + deviation <= bestMean + bestDeviation) {
      bestMean = mean;
      bestDeviation = deviation;
      bestRow = rows;
    }
    alarmed = seen + 1 > minRows && mean + deviation > threshold();
    return alarmed;
  }

  @Override
  public double statistic() {
    return seen + 1 < minRows ? Double.NaN : mean + deviation;
  }

  @Override
  public double threshold() {
    return bestMean + level * bestDeviation;
  }

  /** The row after the one at which p + s was lowest. */
  @Override
  public long onset() {
    return bestRow;
  }

  @Override
  public void restart() {
    seen = 0;
    mean = 0;
    deviation = 0;
    bestMean = Double.POSITIVE_INFINITY;
    bestDeviation = Double.POSITIVE_INFINITY;
    bestRow = rows;
    alarmed = false;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(rows);
    out.writeLong(seen);
    out.writeDouble(mean);
    out.writeDouble(deviation);
    out.writeDouble(bestMean);
    out.writeDouble(bestDeviation);
    out.writeLong(bestRow);
    out.writeBoolean(alarmed);
  }

  @Override
  public void read(DataInput in) throws IOException {
    rows = in.readLong();
    seen = in.readLong();
    mean = in.readDouble();
    deviation = in.readDouble();
    bestMean = in.readDouble();
    bestDeviation = in.readDouble();
    bestRow = in.readLong();
    alarmed = in.readBoolean();
  }
}
