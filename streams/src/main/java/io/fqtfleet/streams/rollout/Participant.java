package io.fqtfleet.streams.rollout;

/**
 * A device of the cohort, as a rollout sees it in one round.
 *
 * @param eligible online, obeys so far and is not broken: may be given new terms before the last
 *     wave, which is for all
 * @param exposed was given the new terms
 * @param obedience to the last budget that it was sent
 * @param settled it runs its budget since before this round, so its samples count
 * @param usualError its error rate before the rollout; NaN = not known
 * @param usualVariance of usualError
 * @param dispersion of its errors over binomial variance, 1 or more
 */
public record Participant(
    String device,
    boolean online,
    boolean eligible,
    boolean exposed,
    Obedience obedience,
    boolean settled,
    long samples,
    long errors,
    double usualError,
    double usualVariance,
    double dispersion) {

  /** Desired against reported. */
  public enum Obedience {
    /** Its reports name the budget. */
    APPLIED,
    /** It has had no time to answer yet. */
    PENDING,
    /** It refused, ignored or reverted the budget. */
    FAILED
  }

  /** Its errors of this round can be compared with its own past. */
  boolean isMeasured() {
    return samples > 0 && settled && !Double.isNaN(usualError);
  }
}
