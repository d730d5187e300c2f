package io.fqtfleet.sim.signal;

import java.util.function.IntToDoubleFunction;

/** Slow and plain: the tests' own judge of what is in a signal. */
final class Spectrum {
  private Spectrum() {}

  /** Power of one frequency, by correlation with sine and cosine. */
  static double power(IntToDoubleFunction signal, int samples, double hz) {
    double re = 0;
    double im = 0;
    for (int i = 0; i < samples; i++) {
      double angle = 2 * Math.PI * hz * i / BearingVibration.SAMPLE_RATE_HZ;
      double hann = 0.5 - 0.5 * Math.cos(2 * Math.PI * i / samples);
      re += hann * signal.applyAsDouble(i) * Math.cos(angle);
      im += hann * signal.applyAsDouble(i) * Math.sin(angle);
    }
    return re * re + im * im;
  }
}
