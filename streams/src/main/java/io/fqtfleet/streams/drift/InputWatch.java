package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/**
 * Tells from the sums over raw sensor values whether a signal is physically plausible. Needs no
 * labels. The first reports of an epoch are its reference.
 */
public final class InputWatch {
  /** What is wrong with a signal. */
  public enum Flaw {
    /** All values are equal. */
    STUCK,
    /** The mean left the reference by more than {@value #OFFSET_SDS} of its standard deviations. */
    OFFSET,
    /** The variance is more than {@value #VARIANCE_RATIO} times the reference's. */
    NOISE,
    /** It is less than the inverse of that: a machine that stands still, or a weak sensor. */
    FAINT
  }

  private static final int VALUES_MIN = 64;
  private static final double OFFSET_SDS = 4;
  private static final double VARIANCE_RATIO = 25;

  /** One least significant bit of quantisation noise: the variance of a constant with dither. */
  private static final double VARIANCE_MIN = 1.0 / 12;

  private long reports;
  private double count;
  private double sum;
  private double squares;

  /** Raw values of one report: how many, their sums, smallest and largest. */
  public record Input(long count, long sum, long squares, int min, int max) {
    double mean() {
      return (double) sum / count;
    }

    public double variance() {
      return Math.max(0, (double) squares / count - mean() * mean());
    }
  }

  /** The flaws of one report; absorbs it while the epoch's warm-up lasts. */
  public Set<Flaw> check(Input input, int warmupReports) {
    EnumSet<Flaw> flaws = EnumSet.noneOf(Flaw.class);
    if (input.count < VALUES_MIN) {
      return flaws;
    }
    if (input.min == input.max || input.variance() < VARIANCE_MIN / 2) {
      flaws.add(Flaw.STUCK);
      return flaws;
    }
    if (reports < warmupReports) {
      reports++;
      count += input.count;
      sum += input.sum;
      squares += input.squares;
      return flaws;
    }
    double mean = sum / count;
    double variance = Math.max(VARIANCE_MIN, squares / count - mean * mean);
    if (Math.abs(input.mean() - mean) > OFFSET_SDS * Math.sqrt(variance)) {
      flaws.add(Flaw.OFFSET);
    }
    double ratio = input.variance() / variance;
    if (ratio > VARIANCE_RATIO) {
      flaws.add(Flaw.NOISE);
    } else if (ratio < 1 / VARIANCE_RATIO) {
      flaws.add(Flaw.FAINT);
    }
    return flaws;
  }

  /** A new epoch. */
  public void restart() {
    reports = 0;
    count = 0;
    sum = 0;
    squares = 0;
  }

  public void write(DataOutput out) throws IOException {
    out.writeInt((int) reports);
    out.writeDouble(count);
    out.writeDouble(sum);
    out.writeDouble(squares);
  }

  public static InputWatch read(DataInput in) throws IOException {
    InputWatch watch = new InputWatch();
    watch.reports = in.readInt();
    watch.count = in.readDouble();
    watch.sum = in.readDouble();
    watch.squares = in.readDouble();
    return watch;
  }
}
