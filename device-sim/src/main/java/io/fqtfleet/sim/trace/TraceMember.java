package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.fleet.CohortTally;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.signal.Chance;
import java.util.ArrayList;
import java.util.List;

/**
 * A trace device with its link.
 *
 * <pre>
 *   away ──appear──> connecting ──connected──> live ──vanish──> away
 * </pre>
 *
 * A live device stays live while its link is broken by others: its reports are due, and wait.
 */
final class TraceMember implements DeviceLink.Listener {
  private static final long NONE = -1;

  /** Moments that passed while a report waited, kept to be measured with it. */
  private static final int PASSED_MAX = 64;

  private final TraceDevice device;
  private final TraceBooks books;
  private final CohortTally tally;
  private final boolean poisson;
  private final Chance chance;
  final Presence presence;
  final Presence.Life life;
  private DeviceLink link;
  private boolean live;
  private boolean appeared;
  private long pendingMs = NONE;
  private Judged counted = new Judged(0, 0);
  private final List<Long> passed = new ArrayList<>(0);

  /** When the next report is due; only its pacer's. */
  long dueMs = Long.MAX_VALUE;

  TraceMember(
      TraceDevice device,
      TraceBooks books,
      CohortTally tally,
      boolean poisson,
      Presence presence,
      long seed) {
    this.device = device;
    this.books = books;
    this.tally = tally;
    this.poisson = poisson;
    this.presence = presence;
    this.life = new Presence.Life(seed);
    this.chance = new Chance(Chance.seed(seed, "arrivals"));
  }

  synchronized boolean hasAppeared() {
    return appeared;
  }

  synchronized boolean isLive() {
    return live;
  }

  boolean isConnected() {
    DeviceLink now = link();
    return now != null && now.isConnected();
  }

  private synchronized DeviceLink link() {
    return link;
  }

  int inFlight() {
    DeviceLink now = link();
    return now == null ? 0 : now.inFlight();
  }

  /** Comes online; the first time it boots. */
  void appear(DeviceLink newLink, long fleetMs) {
    synchronized (this) {
      if (device.sequence() == 0 && device.bootNonce() == 0) {
        boot(fleetMs);
      }
      link = newLink;
      appeared = true;
    }
    newLink.open(device.status(false), Topics.budget(device.id()), this);
  }

  private void boot(long fleetMs) {
    device.boot(fleetMs);
    counted = new Judged(0, 0);
    books.accounting().booted(device.id(), device.bootNonce(), fleetMs, device.clockRate());
  }

  /**
   * Goes offline.
   *
   * @param farewell false = the connection just ends
   */
  void vanish(boolean farewell) {
    DeviceLink gone;
    Outgoing word;
    synchronized (this) {
      gone = link;
      link = null;
      live = false;
      appeared = false;
      pendingMs = NONE;
      passed.clear();
      word = device.status(false);
    }
    if (gone != null && farewell && gone.isConnected()) {
      books.farewells().increment();
      gone.publish(
          word,
          () -> {
            books.farewells().decrement();
            gone.close();
          });
    } else if (gone != null) {
      gone.close();
    }
  }

  /** Boots anew, perhaps with other firmware. */
  synchronized void reboot(long fleetMs) {
    boot(fleetMs);
    pendingMs = NONE;
    if (live) {
      link.publish(device.status(true), () -> {});
    }
  }

  synchronized void flash(String firmware, boolean previousSchema) {
    device.flash(firmware, previousSchema);
  }

  @Override
  public void connected() {
    DeviceLink now;
    Outgoing birth;
    synchronized (this) {
      now = link;
      if (now == null) {
        return;
      }
      if (!live) {
        live = true;
        books.connects().increment();
      } else {
        books.reconnects().increment();
      }
      birth = device.status(true);
    }
    now.publish(birth, () -> {});
  }

  @Override
  public void message(String topic, byte[] payload) {
    DeviceLink now;
    Outgoing ack;
    synchronized (this) {
      now = link;
      if (now == null) {
        return;
      }
      books.budgets().increment();
      ack = device.onBudget(topic, payload, books.nowMs());
    }
    now.publish(ack, () -> {});
  }

  /** The gap to the next report at the device's own pace. */
  synchronized long gapMs() {
    long interval = device.reportIntervalMs();
    return poisson
        ? Math.max(1, Math.round(-interval * StrictMath.log(1 - chance.uniform())))
        : interval;
  }

  /** Where in its interval a device begins, so that they do not all report in one moment. */
  synchronized long phaseMs() {
    return (long) (chance.uniform() * device.reportIntervalMs());
  }

  /**
   * A report is due.
   *
   * @return false if it has to wait for room; {@link #retry} then
   */
  boolean fire(long intendedMs) {
    synchronized (this) {
      // A pacer that runs late may still have a moment of the boot before.
      if (!live || intendedMs < device.bootMs()) {
        return true;
      }
      if (pendingMs != NONE) {
        books.missed().increment();
        if (passed.size() < PASSED_MAX) {
          passed.add(intendedMs);
        }
        return true;
      }
      pendingMs = intendedMs;
    }
    return retry();
  }

  /** True if nothing waits any more. */
  boolean retry() {
    DeviceLink over;
    Outgoing report;
    long intendedMs;
    int nonce;
    List<Long> late;
    synchronized (this) {
      over = link;
      if (!live || pendingMs == NONE) {
        return true;
      }
      if (!over.hasRoom()) {
        return false;
      }
      intendedMs = pendingMs;
      pendingMs = NONE;
      report = device.report(intendedMs);
      nonce = device.bootNonce();
      late = passed.isEmpty() ? List.of() : List.copyOf(passed);
      passed.clear();
      Judged judged = new Judged(device.labelled(), device.correct());
      tally.add(intendedMs, judged.minus(counted));
      counted = judged;
      books.accounting().made(device.id(), report.reportSequence());
    }
    books.sent().increment();
    over.publish(
        report,
        () -> {
          books.accounting().acked(device.id(), nonce, report.reportSequence());
          books.acked().increment();
          long now = books.nowMicros();
          books.ackTimes().record(now - intendedMs * 1000);
          // The counters that those would have carried came with this one: they waited as long.
          late.forEach(ms -> books.ackTimes().record(now - ms * 1000));
        });
    return true;
  }

  synchronized long version() {
    return device.version();
  }

  /** At the end: says goodbye. */
  void leave() {
    vanish(true);
  }

  String id() {
    return device.id();
  }
}
