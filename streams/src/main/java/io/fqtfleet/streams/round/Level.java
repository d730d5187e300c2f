package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.PlainMath;

/**
 * How bad things are by a signal other than the labelled error, on the same scale of 0 to 1, so
 * that incidents are opened, followed and closed alike with labels and without.
 */
final class Level {
  /** So many deviations are 63 % of what can be lost. */
  private static final double SCALE = 8;

  /** Within so many deviations of its reference a signal counts as where it was. */
  private static final double BACK = 2;

  /** The level below which a signal is back. */
  static final double LIMIT = of(BACK);

  private Level() {}

  /** NaN stays NaN. */
  static double of(double deviations) {
    return 1 - PlainMath.exp(-Math.max(0, deviations) / SCALE);
  }

  /** The deviations that a level stands for. */
  static double deviations(double level) {
    return -SCALE * PlainMath.log(1 - Math.min(level, 0.999));
  }
}
