package io.fqtfleet.sim.signal;

/**
 * What the sensor sees of one unit impulse at the bearing: two decaying sinusoids, the structural
 * resonances of the transfer path (McFadden and Smith, J. Sound and Vibration 96(1), 1984, eq. 5).
 * Tabulated finer than the sampling rate, since strikes fall between samples. Immutable, shared by
 * all devices of a domain.
 */
final class ImpulseResponse {
  /** Table entries per sample. */
  static final int FINE = 16;

  /** The response is cut where its envelope has fallen to this share. */
  private static final double CUT = 2e-3;

  private static final int LONGEST_SAMPLES = SampleSource.WINDOW;

  private final float[] table;
  private final int samples;

  ImpulseResponse(BearingDomain domain, double sampleRateHz) {
    double decay =
        2
            * StrictMath.PI
            * domain.damping()
            * Math.min(domain.resonanceHz(), domain.secondResonanceHz());
    double ringSeconds = -StrictMath.log(CUT) / decay;
    samples = (int) Math.min(LONGEST_SAMPLES, Math.ceil(ringSeconds * sampleRateHz));
    table = new float[(samples + 1) * FINE];
    for (int i = 0; i < table.length; i++) {
      double t = i / (FINE * sampleRateHz);
      double value =
          ring(t, domain.resonanceHz(), domain.damping())
              + domain.secondShare() * ring(t, domain.secondResonanceHz(), domain.damping());
      table[i] = (float) (domain.gain() * value);
    }
  }

  private static double ring(double t, double frequencyHz, double damping) {
    double omega = 2 * StrictMath.PI * frequencyHz;
    return StrictMath.exp(-damping * omega * t)
        * StrictMath.sin(omega * StrictMath.sqrt(1 - damping * damping) * t);
  }

  /** Length of the ringing. */
  int samples() {
    return samples;
  }

  /** Adds the response to an impulse at {@code at} (in samples; may lie before the window). */
  void add(double at, float amplitude, float[] window) {
    int first = Math.max(0, (int) Math.ceil(at));
    int last = Math.min(window.length - 1, (int) Math.floor(at) + samples);
    int entry = (int) ((first - at) * FINE);
    for (int i = first; i <= last && entry < table.length; i++, entry += FINE) {
      window[i] += amplitude * table[entry];
    }
  }
}
