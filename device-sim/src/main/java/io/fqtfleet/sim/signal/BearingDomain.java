package io.fqtfleet.sim.signal;

import java.util.ArrayList;
import java.util.List;

/**
 * The world that a cohort of sensors lives in: how the machine runs and how vibration reaches the
 * sensor. Drift is a change of these values.
 *
 * @param speedRpm shaft speed
 * @param load 0 (none) .. 1 (rated): force on the balls and width of the load zone
 * @param resonanceHz first structural resonance between bearing and sensor
 * @param damping its damping ratio
 * @param secondResonanceHz second structural resonance
 * @param secondShare amplitude of the second resonance, relative to the first
 * @param gain of the transfer path
 * @param noise deviation of the background noise, in g
 * @param hum amplitude of the shaft's harmonics, in g
 */
public record BearingDomain(
    double speedRpm,
    double load,
    double resonanceHz,
    double damping,
    double secondResonanceHz,
    double secondShare,
    double gain,
    double noise,
    double hum) {
  /** Nyquist rate of the 12 kHz sensor, with a margin for its anti-alias filter. */
  private static final double HIGHEST_HZ = 5_700;

  public BearingDomain {
    List<String> problems = new ArrayList<>();
    check(problems, "speedRpm", speedRpm, 200, 12_000);
    check(problems, "load", load, 0, 1);
    check(problems, "resonanceHz", resonanceHz, 300, HIGHEST_HZ);
    check(problems, "damping", damping, 0.005, 0.5);
    check(problems, "secondResonanceHz", secondResonanceHz, 300, HIGHEST_HZ);
    check(problems, "secondShare", secondShare, 0, 2);
    check(problems, "gain", gain, 0.01, 20);
    check(problems, "noise", noise, 0, 2);
    check(problems, "hum", hum, 0, 2);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  private static void check(
      List<String> problems, String name, double value, double low, double high) {
    if (!(value >= low && value <= high)) {
      problems.add("%s = %s is not in %s..%s".formatted(name, value, low, high));
    }
  }

  /** A small motor near its rated speed: the default source domain. */
  public static BearingDomain reference() {
    return new BearingDomain(1797, 0.5, 3200, 0.04, 1400, 0.35, 1.0, 0.065, 0.08);
  }

  /** The domain a share (0..1) of the way to another one; frequencies and gains geometrically. */
  BearingDomain towards(BearingDomain other, double share) {
    return new BearingDomain(
        geometric(speedRpm, other.speedRpm, share),
        linear(load, other.load, share),
        geometric(resonanceHz, other.resonanceHz, share),
        geometric(damping, other.damping, share),
        geometric(secondResonanceHz, other.secondResonanceHz, share),
        linear(secondShare, other.secondShare, share),
        geometric(gain, other.gain, share),
        linear(noise, other.noise, share),
        linear(hum, other.hum, share));
  }

  private static double linear(double from, double to, double share) {
    return from + (to - from) * share;
  }

  private static double geometric(double from, double to, double share) {
    return from * StrictMath.pow(to / from, share);
  }
}
