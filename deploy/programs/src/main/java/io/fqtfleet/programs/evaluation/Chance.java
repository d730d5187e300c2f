package io.fqtfleet.programs.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Random numbers of one device: the same ones on every platform and in every order of devices. */
final class Chance {
  private final SplittableRandom random;

  /** The second of a pair of normal deviates; NaN = none is left. */
  private double spare = Double.NaN;

  /** Streams of different devices of one seed do not overlap in practice. */
  Chance(long seed, long stream) {
    this.random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + stream * 0xD1342543DE82EF95L);
  }

  double uniform() {
    return random.nextDouble();
  }

  int below(int bound) {
    return random.nextInt(bound);
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
      u = 2 * random.nextDouble() - 1;
      v = 2 * random.nextDouble() - 1;
      square = u * u + v * v;
    } while (square >= 1 || square == 0);
    double factor = Math.sqrt(-2 * StrictMath.log(square) / square);
    spare = v * factor;
    return u * factor;
  }

  int binomial(int n, double p) {
    int hits = 0;
    for (int i = 0; i < n; i++) {
      hits += random.nextDouble() < p ? 1 : 0;
    }
    return hits;
  }

  /** For whole a and b the a-th smallest of a + b - 1 uniform numbers. */
  double beta(int a, int b) {
    double[] values = new double[a + b - 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextDouble();
    }
    Arrays.sort(values);
    return values[a - 1];
  }
}
