package io.fqtfleet.streams.round;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * The share of their reports that a cohort's devices usually lose, and how much they differ in it:
 * a network that has always been bad is no news, and its bursts are no trouble of a device.
 */
final class UsualLoss {
  /** Rounds over which the mean is taken, at most: about a week of ten-minute rounds. */
  private static final int MEMORY_ROUNDS = 1000;

  /** Deviations that a device's share may be off: one in a million even of skewed shares. */
  private static final double DEVIATIONS = 7;

  private int rounds;
  private double mean;
  private double square;

  /**
   * One round's devices.
   *
   * @param sum of their shares
   * @param squares sum of the squares of these
   */
  void add(double sum, double squares, int devices) {
    if (devices == 0) {
      return;
    }
    rounds = Math.min(MEMORY_ROUNDS, rounds + 1);
    mean += (sum / devices - mean) / rounds;
    square += (squares / devices - square) / rounds;
  }

  boolean ready(int warmup) {
    return rounds >= warmup;
  }

  double mean() {
    return mean;
  }

  /** The share up to which a device's losses are like those of the others. */
  double limit() {
    return mean + DEVIATIONS * Math.sqrt(Math.max(0, square - mean * mean));
  }

  void write(DataOutput out) throws IOException {
    out.writeShort(rounds);
    out.writeDouble(mean);
    out.writeDouble(square);
  }

  static UsualLoss read(DataInput in) throws IOException {
    UsualLoss usual = new UsualLoss();
    usual.rounds = in.readShort();
    usual.mean = in.readDouble();
    usual.square = in.readDouble();
    return usual;
  }
}
