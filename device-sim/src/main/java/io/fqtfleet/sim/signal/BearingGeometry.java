package io.fqtfleet.sim.signal;

/**
 * Rates at which a local fault is struck, in multiples of the shaft rate, without slip (Randall and
 * Antoni, "Rolling element bearing diagnostics - a tutorial", MSSP 25, 2011, eq. 1-4).
 *
 * @param balls rolling elements
 * @param diameterRatio ball diameter over pitch diameter
 * @param contactAngleDegrees 0 for deep-groove bearings
 * @param pitchDiameterMm through the centres of the balls
 */
public record BearingGeometry(
    int balls, double diameterRatio, double contactAngleDegrees, double pitchDiameterMm) {
  /** The deep-groove bearing of the widely used test rig of Case Western Reserve University. */
  public static final BearingGeometry SKF_6205 = new BearingGeometry(9, 0.2032, 0, 39.04);

  private double ratio() {
    return diameterRatio * StrictMath.cos(StrictMath.toRadians(contactAngleDegrees));
  }

  /** Balls passing a point of the outer race per turn of the shaft. */
  public double outerRaceOrder() {
    return balls / 2.0 * (1 - ratio());
  }

  /** Balls passing a point of the inner race per turn of the shaft. */
  public double innerRaceOrder() {
    return balls / 2.0 * (1 + ratio());
  }

  /** Strikes of a fault on a ball per turn: it meets both races in each turn of the ball. */
  public double ballOrder() {
    return (1 - ratio() * ratio()) / diameterRatio;
  }

  /** Turns of the cage per turn of the shaft. */
  public double cageOrder() {
    return (1 - ratio()) / 2;
  }

  /** Speed of the contact over a race, in mm per turn of the shaft. */
  double contactMmPerTurn() {
    return StrictMath.PI * pitchDiameterMm * cageOrder();
  }
}
