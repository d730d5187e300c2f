package io.fqtfleet.sim.trace;

import io.fqtfleet.sim.fleet.LoadSpecs.PhaseSpec;
import io.fqtfleet.sim.signal.Chance;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that makes reports due, open loop: the next moment never depends on an answer. Each
 * member belongs to one pacer.
 */
final class Pacer implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Pacer.class);
  private static final long NAP_MS = 1;

  private final List<TraceMember> members;
  private final List<PhaseSpec> phases;
  private final double share;
  private final boolean poisson;
  private final LongSupplier clockMs;
  private final Chance chance;
  private final PriorityQueue<TraceMember> queue =
      new PriorityQueue<>(Comparator.comparingLong(m -> m.dueMs));
  private final ArrayDeque<TraceMember> waiting = new ArrayDeque<>();
  private double nextArrivalMs = -1;
  private int next;
  private volatile boolean stopped;
  private volatile long behindMs;

  /**
   * @param share of the phases' rate that this pacer offers
   * @param poisson arrivals at a phase's rate; the devices' own pace has its own rule
   */
  Pacer(
      List<TraceMember> members,
      List<PhaseSpec> phases,
      double share,
      boolean poisson,
      LongSupplier clockMs,
      long seed) {
    this.members = new ArrayList<>(members);
    this.phases = phases;
    this.share = share;
    this.poisson = poisson;
    this.clockMs = clockMs;
    this.chance = new Chance(seed);
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        long now = clockMs.getAsLong();
        double rate = Presence.rate(phases, now);
        if (rate == Presence.OWN_PACE) {
          ownPace(now);
        } else {
          atRate(now, rate * share);
        }
        for (int i = waiting.size(); i > 0; i--) {
          TraceMember member = waiting.poll();
          if (!member.retry()) {
            waiting.add(member);
          }
        }
        Thread.sleep(NAP_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("devices of {} stand still", Thread.currentThread().getName(), e);
      throw e;
    }
  }

  private void ownPace(long now) {
    if (queue.isEmpty()) {
      nextArrivalMs = -1;
      for (TraceMember member : members) {
        member.dueMs = now + member.phaseMs();
        queue.add(member);
      }
    }
    while (!queue.isEmpty() && queue.element().dueMs <= now) {
      TraceMember member = queue.poll();
      fire(member, member.dueMs, now);
      member.dueMs += member.gapMs();
      queue.add(member);
    }
  }

  private void atRate(long now, double perSecond) {
    queue.clear();
    if (perSecond <= 0) {
      nextArrivalMs = -1;
      return;
    }
    if (nextArrivalMs < 0) {
      nextArrivalMs = now;
    }
    while (nextArrivalMs <= now) {
      TraceMember member = nextLive();
      if (member != null) {
        fire(member, (long) nextArrivalMs, now);
      }
      double mean = 1000 / perSecond;
      nextArrivalMs += poisson ? -mean * StrictMath.log(1 - chance.uniform()) : mean;
    }
  }

  private void fire(TraceMember member, long intendedMs, long now) {
    behindMs = now - intendedMs;
    if (!member.fire(intendedMs)) {
      waiting.add(member);
    }
  }

  /** In turn; null if none is live. */
  private TraceMember nextLive() {
    for (int i = 0; i < members.size(); i++) {
      TraceMember member = members.get(next);
      next = (next + 1) % members.size();
      if (member.isLive()) {
        return member;
      }
    }
    return null;
  }

  /** By how much this thread runs behind its own schedule. */
  long behindMs() {
    return behindMs;
  }

  void stop() {
    stopped = true;
  }
}
