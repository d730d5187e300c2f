package io.fqtfleet.streams.drift;

/** How far the devices of a cohort, or of a part of it, moved in a round; parts add up. */
final class CohortMoves {
  private static final double LOW = -8;
  private static final double WIDTH = 0.5;

  final Histogram residuals = new Histogram(LOW, WIDTH);
  private final ExactSum levels = new ExactSum();
  private long errors;
  private long samples;

  /**
   * @param residual clipped
   * @param level the same without margin, and before what the fleet shares was taken off
   */
  void add(double residual, double level, CohortSignals.Member member) {
    residuals.add(residual);
    levels.add(level);
    errors += member.errors();
    samples += member.samples();
  }

  void merge(CohortMoves other) {
    residuals.merge(other.residuals);
    levels.merge(other.levels);
    errors += other.errors;
    samples += other.samples;
  }

  double level() {
    return levels.value() / residuals.count();
  }

  double current() {
    return samples == 0 ? Double.NaN : (double) errors / samples;
  }

  long samples() {
    return samples;
  }

  /** The typical device has moved, not just some. */
  boolean dense() {
    double mean = residuals.sum() / residuals.count();
    return mean > 0 && residuals.quantile(0.5) >= 0.5 * mean;
  }
}
