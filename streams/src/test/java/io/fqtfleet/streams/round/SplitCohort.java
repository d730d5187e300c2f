package io.fqtfleet.streams.round;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.state.CohortEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A cohort decided by shards that run at once and know of each other by the bytes of their
 * summaries alone. After each round their memories of the cohort must be the same.
 */
final class SplitCohort {
  private final List<CohortCard> memories = new ArrayList<>();
  private final byte[][] summaries;
  private byte[] sum;
  private Summary asked;
  private CyclicBarrier barrier;

  SplitCohort(int shards) {
    this.summaries = new byte[shards][];
    for (int s = 0; s < shards; s++) {
      memories.add(new CohortCard());
    }
  }

  private int shard(String device) {
    return Math.floorMod(device.hashCode(), summaries.length);
  }

  private final class Talk implements Exchange {
    private final int shard;

    Talk(int shard) {
      this.shard = shard;
    }

    @Override
    public <T extends Part<T>> T sum(Summary kind, T own) {
      summaries[shard] = kind.encode(own);
      if (shard == 0) {
        asked = kind;
      }
      try {
        barrier.await(20, TimeUnit.SECONDS);
        T result = kind.decode(sum);
        // Nobody writes the next one before all have read this one.
        barrier.await(20, TimeUnit.SECONDS);
        return result;
      } catch (Exception e) {
        throw new IllegalStateException("shard " + shard + " waits alone for " + kind, e);
      }
    }

    @Override
    public boolean speaks() {
      return shard == 0;
    }
  }

  CohortRound.Outcome decide(
      CohortRound.Closed closed, SortedMap<String, DeviceCard> cards, List<CohortEvent> events) {
    barrier = new CyclicBarrier(summaries.length, () -> sum = asked.add(List.of(summaries)));
    List<TreeMap<String, DeviceCard>> parts = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(summaries.length);
    try {
      List<Future<CohortRound.Outcome>> running = new ArrayList<>();
      for (int s = 0; s < summaries.length; s++) {
        int shard = s;
        TreeMap<String, DeviceCard> part = new TreeMap<>();
        cards.forEach(
            (device, card) -> {
              if (shard(device) == shard) {
                part.put(device, card);
              }
            });
        parts.add(part);
        // What concerns no device comes to the one that speaks.
        List<CohortEvent> heard =
            events.stream()
                .filter(e -> e.getDevice().isEmpty() ? shard == 0 : shard(e.getDevice()) == shard)
                .toList();
        Callable<CohortRound.Outcome> work =
            () -> CohortRound.decide(closed, memories.get(shard), part, heard, new Talk(shard));
        running.add(threads.submit(work));
      }
      List<CohortRound.Outcome> outcomes = new ArrayList<>();
      for (Future<CohortRound.Outcome> one : running) {
        outcomes.add(one.get());
      }
      cards.clear();
      parts.forEach(cards::putAll);
      for (CohortCard memory : memories) {
        assertArrayEquals(memories.get(0).toBytes(), memory.toBytes(), "one memory of the cohort");
      }
      return together(outcomes);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static CohortRound.Outcome together(List<CohortRound.Outcome> outcomes) {
    Set<String> departed = new TreeSet<>();
    List<Decision> decisions = new ArrayList<>();
    List<UpdateBudget> budgets = new ArrayList<>();
    List<Alert> alerts = new ArrayList<>();
    for (CohortRound.Outcome outcome : outcomes) {
      departed.addAll(outcome.departed());
      decisions.addAll(outcome.decisions());
      budgets.addAll(outcome.budgets());
      alerts.addAll(outcome.alerts());
    }
    CohortRound.Outcome first = outcomes.get(0);
    return new CohortRound.Outcome(
        departed, decisions, budgets, alerts, first.health(), first.rollout(), first.devices());
  }
}
