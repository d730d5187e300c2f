package io.fqtfleet.programs.evaluation;

import io.fqtfleet.streams.drift.PlainMath;
import java.util.Arrays;

/** Random numbers of one device: the same ones on every platform and in every order of devices. */
final class Chance {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  /** Steele, Lea, Flood 2014, as in the library's SplittableRandom; here it can be copied. */
  private long state;

  /** The second of a pair of normal deviates; NaN = none is left. */
  private double spare = Double.NaN;

  /** Streams of different devices of one seed do not overlap in practice. */
  Chance(long seed, long stream) {
    this.state = seed * 0x9E3779B97F4A7C15L + stream * 0xD1342543DE82EF95L;
  }

  /** One that goes on as this one would. */
  Chance copy() {
    Chance copy = new Chance(0, 0);
    copy.state = state;
    copy.spare = spare;
    return copy;
  }

  double uniform() {
    state += GAMMA;
    long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return ((z ^ z >>> 31) >>> 11) * 0x1.0p-53;
  }

  /** Marsaglia's polar method: the library's own method changed between Java versions. */
  double normal() {
    if (!Double.isNaN(spare)) {
      double value = spare;
      spare = Double.NaN;
      return value;
    }
    double u;
    double v;
    double square;
    do {
      u = 2 * uniform() - 1;
      v = 2 * uniform() - 1;
      square = u * u + v * v;
    } while (square >= 1 || square == 0);
    double factor = Math.sqrt(-2 * PlainMath.log(square) / square);
    spare = v * factor;
    return u * factor;
  }

  int binomial(int n, double p) {
    int hits = 0;
    for (int i = 0; i < n; i++) {
      hits += uniform() < p ? 1 : 0;
    }
    return hits;
  }

  /** For whole a and b the a-th smallest of a + b - 1 uniform numbers. */
  double beta(int a, int b) {
    double[] values = new double[a + b - 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = uniform();
    }
    Arrays.sort(values);
    return values[a - 1];
  }
}
