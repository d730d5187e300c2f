package io.fqtfleet.streams.drift;

/** What a device's reports tell of its world. A policy chooses which of them are tested. */
public enum Signal {
  /** Share of labelled samples that were classified wrongly; {@link DeviceLane} tests it. */
  ERROR(Bad.HIGH, 0),
  /** Mean cross-entropy of labelled samples, nat. */
  LOSS(Bad.HIGH, 0.02),
  /** ½ ln of the last layer's mean squared gradient norm, before standardisation. */
  GRADIENT(Bad.HIGH, 0.02),
  /** Mean of the largest class probability; needs no labels. */
  CONFIDENCE(Bad.LOW, 0.002),
  /** Mean of the raw sensor values, counts. */
  INPUT_MEAN(Bad.BOTH, 1),
  /** ½ ln of the variance of the raw sensor values: a gain is a shift. */
  INPUT_SPREAD(Bad.BOTH, 0.02),
  /** Share of codes that were clamped. */
  SATURATION(Bad.HIGH, 0.002),
  /** ½ ln of the squared weight change over the squared weights; follows the budget too. */
  RELATIVE_UPDATE(Bad.HIGH, 0.05);

  /** Which way a signal moves when something is wrong. */
  public enum Bad {
    HIGH,
    LOW,
    BOTH
  }

  private final Bad bad;
  private final double deviationMin;

  Signal(Bad bad, double deviationMin) {
    this.bad = bad;
    this.deviationMin = deviationMin;
  }

  public boolean bothWays() {
    return bad == Bad.BOTH;
  }

  /** +1 if high is bad or both are, -1 if low is. */
  public int sign() {
    return bad == Bad.LOW ? -1 : 1;
  }

  /**
   * Deviations between reports below this are taken for this: a signal that never varied is not
   * infinitely surprising.
   */
  public double deviationMin() {
    return deviationMin;
  }
}
