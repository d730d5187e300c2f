package io.fqtfleet.streams.budget;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.EnergyBucket;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.UpdateBudget;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a history does to a device's terms, it spends no more than the policy's bucket. */
class EnergyReserveTest {
  private static final double HOUR_MS = 3_600_000;

  /** A token bucket as the firmware has it (energy_refill and energy_resize of app/energy.c). */
  private static final class DeviceBucket {
    double level;
    double capacity;
    double refill;
    long atMs;

    DeviceBucket(double factoryCapacity) {
      capacity = factoryCapacity;
      level = factoryCapacity;
    }

    void refill(long nowMs) {
      level = Math.min(capacity, level + refill * ((nowMs - atMs) / HOUR_MS));
      atMs = nowMs;
    }

    void apply(BudgetTerms terms, long nowMs) {
      refill(nowMs);
      double next = terms.getEnergyCapacityMilliJoule();
      level = next > capacity ? level + next - capacity : Math.min(level, next);
      capacity = next;
      refill = terms.getEnergyRefillMilliJoulePerHour();
    }

    double spend(double share) {
      double spent = level * share;
      level -= spent;
      return spent;
    }
  }

  /** One device, one policy, chance. */
  private static final class History {
    final Random random;
    final Policy policy;
    final EnergyBucket bucket;
    final DeviceBucket device;
    Standing standing = Standing.STABLE;
    UpdateBudget last;
    EnergyReserve reserve;
    long applied = -1;
    int budgets;
    double granted;

    History(long seed) {
      random = new Random(seed);
      bucket = new EnergyBucket(100 + random.nextInt(3000), random.nextInt(3000));
      policy = Policy.newBuilder(Policies.DEFAULT).setVersion(1).setEnergy(bucket).build();
      device = new DeviceBucket(random.nextInt(500));
    }

    void decide(long nowMs) {
      Standing from = standing;
      if (random.nextInt(4) == 0) {
        standing = Standing.values()[random.nextInt(Standing.values().length)];
      }
      reserve = reserve == null ? EnergyReserve.start(bucket, last, nowMs) : reserve;
      EnergyReserve now = reserve.at(bucket, nowMs);
      if (last != null && applied >= last.getVersion()) {
        now = now.confirmed(last);
      }
      reserve = now;
      BudgetRule.Situation situation =
          new BudgetRule.Situation(
              "d1",
              from,
              standing,
              1 + random.nextInt(BudgetRule.LEVELS),
              last,
              Math.max(0, applied),
              applied,
              nowMs,
              false,
              false,
              0,
              BudgetRule.Recall.NONE,
              false,
              now,
              -1);
      Optional<BudgetRule.Issue> issue = BudgetRule.decide(situation, policy, nowMs, nowMs);
      if (issue.isPresent()) {
        UpdateBudget next = issue.get().budget();
        reserve = now.granted(last, next);
        last = next;
        budgets++;
        granted = Math.max(granted, next.getTerms().getEnergyCapacityMilliJoule());
      }
    }
  }

  @Test
  void noHistorySpendsMoreThanTheBucket() {
    int budgets = 0;
    double largest = 0;
    for (long seed = 1; seed <= 400; seed++) {
      History history = new History(seed);
      double allowed = history.bucket.getCapacityMilliJoule();
      long nowMs = Policies.DEFAULT.getRoundMs();
      for (int step = 0; step < 400; step++) {
        long passedMs = history.random.nextInt(20) == 0 ? 3_600_000L : 2000;
        nowMs += passedMs;
        allowed =
            Math.min(
                history.bucket.getCapacityMilliJoule(),
                allowed + history.bucket.getRefillMilliJoulePerHour() * (passedMs / HOUR_MS));
        history.device.refill(nowMs);
        history.decide(nowMs);
        // Many budgets never arrive, some late: the retained one is always the last.
        if (history.last != null && history.random.nextInt(3) > 0) {
          if (history.applied < history.last.getVersion()) {
            history.device.apply(history.last.getTerms(), nowMs);
          }
          history.applied = history.last.getVersion();
        }
        boolean ours = history.applied >= 0;
        double spent = ours ? history.device.spend(history.random.nextInt(3) / 2.0) : 0;
        allowed -= spent;
        assertTrue(allowed > -1e-6, "seed " + seed + " step " + step + ": over by " + -allowed);
      }
      budgets += history.budgets;
      largest = Math.max(largest, history.granted);
    }
    assertTrue(budgets > 10_000, budgets + " budgets");
    assertTrue(largest >= 2000, "the drift terms' capacity was never granted: " + largest);
  }
}
