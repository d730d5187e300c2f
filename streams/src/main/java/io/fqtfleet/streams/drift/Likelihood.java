package io.fqtfleet.streams.drift;

/**
 * What one report is worth as evidence against "as it was": {@value #ALTERNATIVES} factors upwards
 * and as many downwards, each of expectation at most 1 as long as the mean lies within the bounds.
 */
interface Likelihood {
  int ALTERNATIVES = 4;

  /** A new reference: bounds and factors follow it from now on. */
  void learn(Moments reference);

  /**
   * Fills in the factors of a report.
   *
   * @param sum of its n values
   */
  void factors(double sum, double n, double[] up, double[] down);

  /** No mean above this is compatible with the reference. */
  double upper();

  /** No mean below this is compatible with the reference. */
  double lower();

  /** Variance of reports over the model's; 1 where the model needs no such thing. */
  default double dispersion() {
    return 1;
  }
}
