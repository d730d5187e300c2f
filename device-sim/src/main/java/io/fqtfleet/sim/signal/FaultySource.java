package io.fqtfleet.sim.signal;

import java.util.Arrays;

/** A source whose sensor is broken over a range of windows; the true class stays what it is. */
public final class FaultySource implements SampleSource {
  private final SampleSource sound;
  private final SensorFault fault;
  private final double magnitude;
  private final long from;
  private final long until;
  private final long seed;

  /**
   * @param from first broken window
   * @param until first window after the repair; Long.MAX_VALUE = never repaired
   */
  public FaultySource(
      SampleSource sound, SensorFault fault, double magnitude, long from, long until, long seed) {
    this.sound = sound;
    this.fault = fault;
    this.magnitude = magnitude;
    this.from = from;
    this.until = until;
    this.seed = Chance.seed(seed, "fault");
  }

  @Override
  public int classes() {
    return sound.classes();
  }

  @Override
  public boolean fresh(long index) {
    return sound.fresh(index);
  }

  @Override
  public int window(long index, short[] out, int offset) {
    int label = sound.window(index, out, offset);
    if (index >= from && index < until) {
      damage(index, out, offset);
    }
    return label;
  }

  private void damage(long index, short[] out, int offset) {
    int end = offset + WINDOW;
    switch (fault) {
      case STUCK -> Arrays.fill(out, offset, end, stuckValue());
      case OFFSET -> {
        double counts = magnitude * BearingVibration.COUNTS_PER_G;
        for (int i = offset; i < end; i++) {
          out[i] = BearingVibration.saturate(out[i] + counts);
        }
      }
      case NOISE -> {
        double counts = magnitude * BearingVibration.COUNTS_PER_G;
        Chance chance = new Chance(Chance.seed(seed, index));
        for (int i = offset; i < end; i++) {
          out[i] = BearingVibration.saturate(out[i] + counts * chance.bell());
        }
      }
      case GAIN -> {
        for (int i = offset; i < end; i++) {
          out[i] = BearingVibration.saturate(out[i] * magnitude);
        }
      }
    }
  }

  /** Where the sensor hangs: within +-magnitude g, one value for each device. */
  private short stuckValue() {
    double share = 2 * new Chance(seed).uniform() - 1;
    return BearingVibration.saturate(share * magnitude * BearingVibration.COUNTS_PER_G);
  }
}
