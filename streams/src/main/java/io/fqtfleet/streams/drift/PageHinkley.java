package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Sums of deviations from the running mean (Page 1954, Hinkley 1971): {@code s <- α·s + (x - x̄ -
 * δ)}, alarm when s is over λ and there are enough values. The readings differ in the floor and in
 * what happens at equality.
 */
final class PageHinkley implements Detector {
  /** How others have understood the test. */
  enum Reading {
    /** MOA's Page-Hinkley: no floor, alarm above λ. */
    MOA(false, false),
    /** River's Page-Hinkley: floor at 0, alarm at λ. */
    RIVER(true, true),
    /** MOA's CUSUM: floor at 0, no forgetting, alarm above λ. */
    CUSUM(true, false);

    private final boolean floor;
    private final boolean alarmAtEquality;

    Reading(boolean floor, boolean alarmAtEquality) {
      this.floor = floor;
      this.alarmAtEquality = alarmAtEquality;
    }
  }

  /**
   * @param minRows values before the first alarm, the first counts as 2
   * @param delta δ, what a value may exceed the mean by
   * @param lambda λ, alarm threshold
   * @param alpha α, 1 = nothing is forgotten
   */
  record Settings(int minRows, double delta, double lambda, double alpha) {}

  private final Settings settings;
  private final Reading reading;
  private long rows;
  private long seen;
  private double mean;
  private double sum;
  private double lowest;
  private long lowestRow;
  private boolean alarmed;

  PageHinkley(Reading reading, Settings settings) {
    this.reading = reading;
    this.settings = settings;
    restart();
  }

  @Override
  public boolean add(double value) {
    Detector.requireFinite(value);
    if (alarmed) {
      restart();
    }
    seen++;
    mean += (value - mean) / seen;
    sum = settings.alpha * sum + (value - mean - settings.delta);
    if (reading.floor) {
      sum = Math.max(0, sum);
    }
    if (sum <= lowest) {
      lowest = sum;
      lowestRow = rows + 1;
    }
    rows++;
    boolean over = reading.alarmAtEquality ? sum >= settings.lambda : sum > settings.lambda;
    alarmed = over && seen + 1 >= settings.minRows;
    return alarmed;
  }

  @Override
  public double statistic() {
    return seen == 0 ? Double.NaN : sum;
  }

  @Override
  public double threshold() {
    return settings.lambda;
  }

  /** The row after the one at which the sum was lowest. */
  @Override
  public long onset() {
    return lowestRow;
  }

  @Override
  public void restart() {
    seen = 0;
    mean = 0;
    sum = 0;
    lowest = 0;
    lowestRow = rows;
    alarmed = false;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeLong(rows);
    out.writeLong(seen);
    out.writeDouble(mean);
    out.writeDouble(sum);
    out.writeDouble(lowest);
    out.writeLong(lowestRow);
    out.writeBoolean(alarmed);
  }

  @Override
  public void read(DataInput in) throws IOException {
    rows = in.readLong();
    seen = in.readLong();
    mean = in.readDouble();
    sum = in.readDouble();
    lowest = in.readDouble();
    lowestRow = in.readLong();
    alarmed = in.readBoolean();
  }
}
