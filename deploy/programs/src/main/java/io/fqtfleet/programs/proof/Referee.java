package io.fqtfleet.programs.proof;

import io.fqtfleet.schemas.BudgetTerms;

/**
 * Holds one device against its budget, from outside: what it spent against what its bucket can have
 * held, and that it trains nothing while it may not.
 */
final class Referee {
  private static final long PICO_PER_MILLI = 1_000_000_000L;
  private static final double MS_PER_HOUR = 3_600_000;

  private final double picoJoulePerMac;
  private BudgetTerms terms;

  /** The most that the bucket can hold, pJ. */
  private double level;

  private long sinceMs;
  private long macs;
  private int violations;

  /**
   * @param terms in force from time 0
   */
  Referee(BudgetTerms terms, double picoJoulePerMac) {
    this.terms = terms;
    this.picoJoulePerMac = picoJoulePerMac;
    this.level = capacity(terms);
  }

  private static double capacity(BudgetTerms terms) {
    return (double) terms.getEnergyCapacityMilliJoule() * PICO_PER_MILLI;
  }

  /**
   * The device has worked under one budget until now.
   *
   * @param macsBackward since boot
   */
  void look(long macsBackward, long nowMs) {
    double refill =
        terms.getEnergyRefillMilliJoulePerHour()
            * (double) PICO_PER_MILLI
            * (nowMs - sinceMs)
            / MS_PER_HOUR;
    long trained = macsBackward - macs;
    double spent = trained * picoJoulePerMac;
    if (trained > 0 && !terms.getTraining() || spent > level + refill) {
      violations++;
    }
    level = Math.min(capacity(terms), level + refill - spent);
    sinceMs = nowMs;
    macs = macsBackward;
  }

  /** New terms: a larger bucket brings the difference with it, a smaller one loses what is over. */
  void applied(BudgetTerms next) {
    double more = capacity(next) - capacity(terms);
    level = more > 0 ? level + more : Math.min(level, capacity(next));
    terms = next;
  }

  void refused() {
    violations++;
  }

  int violations() {
    return violations;
  }
}
