package io.fqtfleet.streams.budget;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.EnergyBucket;
import io.fqtfleet.schemas.UpdateBudget;

/**
 * What a policy's energy bucket still holds for a device beyond the bucket of its budget.
 *
 * <p>A device whose capacity is raised from a to b gains b - a mJ at once; lowering it takes away
 * only what is above. So a device whose terms go up and down would spend more than any one of them
 * allows. The bound: each raise is paid from this reserve, which refills by what the budget's own
 * refill leaves of the policy's, and together with the device's capacity never exceeds the
 * policy's. Hence device level + reserve never exceeds a bucket (capacity, refill) that the device
 * drew on directly, whatever it spent and whichever budgets it missed: within any time t it spends
 * at most capacity + refill * t. No report is needed for that, so a lost one cannot break it.
 *
 * @param milliJoule of the reserve at atMs
 * @param capacity highest one that the device may have in force
 * @param refill the same, mJ per hour
 */
public record EnergyReserve(double milliJoule, long atMs, int capacity, int refill) {
  private static final double HOUR_MS = 3_600_000;

  /** A raise is worth a new budget if it is this part of what is wanted, or all of it. */
  private static final int WORTH = 4;

  /**
   * @param last budget issued before the bucket was, or null
   */
  public static EnergyReserve start(EnergyBucket bucket, UpdateBudget last, long nowMs) {
    int capacity = last == null ? 0 : last.getTerms().getEnergyCapacityMilliJoule();
    int refill = last == null ? 0 : last.getTerms().getEnergyRefillMilliJoulePerHour();
    double rest = Math.max(0, bucket.getCapacityMilliJoule() - capacity);
    return new EnergyReserve(rest, nowMs, capacity, refill);
  }

  /** Refilled up to now; of a bucket that the policy made smaller, no more than fits. */
  public EnergyReserve at(EnergyBucket bucket, long nowMs) {
    long elapsedMs = Math.max(0, nowMs - atMs);
    int left = Math.max(0, bucket.getRefillMilliJoulePerHour() - refill);
    double most = Math.max(0, bucket.getCapacityMilliJoule() - capacity);
    double now = Math.min(most, milliJoule + left * (elapsedMs / HOUR_MS));
    return new EnergyReserve(now, Math.max(atMs, nowMs), capacity, refill);
  }

  /** The device is known to have its last budget: older ones are out of force. */
  public EnergyReserve confirmed(UpdateBudget last) {
    return new EnergyReserve(
        milliJoule,
        atMs,
        last.getTerms().getEnergyCapacityMilliJoule(),
        last.getTerms().getEnergyRefillMilliJoulePerHour());
  }

  /** The wanted terms, as far as the reserve pays for them. */
  BudgetTerms allow(BudgetTerms wanted, EnergyBucket bucket, UpdateBudget last) {
    int held = last == null ? 0 : last.getTerms().getEnergyCapacityMilliJoule();
    int most = Math.min(wanted.getEnergyCapacityMilliJoule(), bucket.getCapacityMilliJoule());
    int granted = most;
    if (most > held) {
      granted = (int) Math.min(most, held + Math.floor(milliJoule));
      boolean worth = granted == most || (granted - held) * WORTH >= most;
      granted = worth ? granted : held;
    }
    return BudgetTerms.newBuilder(wanted)
        .setEnergyCapacityMilliJoule(granted)
        .setEnergyRefillMilliJoulePerHour(
            Math.min(
                wanted.getEnergyRefillMilliJoulePerHour(), bucket.getRefillMilliJoulePerHour()))
        .build();
  }

  /** After a budget was issued: the raise is paid, and it may be in force beside the older ones. */
  public EnergyReserve granted(UpdateBudget last, UpdateBudget next) {
    int held = last == null ? 0 : last.getTerms().getEnergyCapacityMilliJoule();
    BudgetTerms terms = next.getTerms();
    int raise = Math.max(0, terms.getEnergyCapacityMilliJoule() - held);
    return new EnergyReserve(
        milliJoule - raise,
        atMs,
        Math.max(capacity, terms.getEnergyCapacityMilliJoule()),
        Math.max(refill, terms.getEnergyRefillMilliJoulePerHour()));
  }
}
