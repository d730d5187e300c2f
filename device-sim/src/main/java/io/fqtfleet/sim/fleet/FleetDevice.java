package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.device.SimDevice;
import io.fqtfleet.sim.device.SimDevice.Judged;
import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.link.DeviceLink;
import io.fqtfleet.sim.load.FleetAccounting;
import io.fqtfleet.sim.load.LatencyLog;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A device with its link. Turned by one worker thread; the link's threads only leave messages in a
 * bounded inbox.
 */
final class FleetDevice implements DeviceLink.Listener {
  /** Between two turns of a device. */
  static final long TICK_MS = 250;

  private static final long NEVER = Long.MAX_VALUE;

  /** Windows a device may be behind before older ones are skipped. */
  private static final int BEHIND_MAX = 256;

  /** Budgets not yet judged; a budget is a full state, so the oldest may go. */
  private static final int INBOX_MAX = 16;

  private final SimDevice device;
  private final DeviceLink link;
  private final Books books;
  private final long bootMs;
  private final BlockingQueue<Message> inbox = new ArrayBlockingQueue<>(INBOX_MAX);
  private final AtomicLong budgets = new AtomicLong();
  private long nextTickMs = TICK_MS;

  /** Since when a report is due and could not be sent. */
  private long dueMs = NEVER;

  private Judged judged = new Judged(0, 0);
  private volatile boolean birthDue;
  private volatile Snapshot snapshot;

  private record Message(String topic, byte[] payload) {}

  /** Where the fleet keeps its counts; shared. */
  record Books(
      CohortTally tally, FleetAccounting accounting, LatencyLog ackTimes, LongSupplier clockMs) {}

  /** What the statistics read; replaced whole after each turn. */
  record Snapshot(NativeAgent.Counters counters, Judged judged, long skipped, long behindMs) {}

  /**
   * @param bootMs the fleet's time at which this device boots
   */
  FleetDevice(SimDevice device, DeviceLink link, Books books, long bootMs) {
    this.device = device;
    this.link = link;
    this.books = books;
    this.bootMs = bootMs;
    this.snapshot = new Snapshot(device.counters(), judged, 0, 0);
  }

  void connect() {
    link.open(device.farewell(), device.budgetTopic(), this);
  }

  @Override
  public void connected() {
    birthDue = true;
  }

  @Override
  public void message(String topic, byte[] payload) {
    budgets.incrementAndGet();
    Message message = new Message(topic, payload);
    while (!inbox.offer(message)) {
      inbox.poll();
    }
  }

  /** Turns the device if it is time; returns whether it was. */
  boolean turn(long fleetMs) {
    long nowMs = fleetMs - bootMs;
    if (nowMs < nextTickMs) {
      return false;
    }
    long tickMs = nowMs - nowMs % TICK_MS;
    nextTickMs = tickMs + TICK_MS;
    if (birthDue) {
      birthDue = false;
      link.publish(device.birth(), () -> {});
    }
    for (Message m = inbox.poll(); m != null; m = inbox.poll()) {
      device.onMessage(m.topic(), m.payload(), tickMs).forEach(ack -> link.publish(ack, () -> {}));
    }
    device.tick(tickMs, BEHIND_MAX);
    Judged now = device.judged();
    books.tally.add(bootMs + tickMs, now.minus(judged));
    judged = now;
    if (device.reportDue(tickMs)) {
      dueMs = Math.min(dueMs, tickMs);
      if (link.hasRoom()) {
        report(tickMs);
        dueMs = NEVER;
      }
    }
    snapshot = new Snapshot(device.counters(), now, device.skipped(), nowMs - tickMs);
    return true;
  }

  private void report(long tickMs) {
    Outgoing report = device.report(tickMs);
    long intendedMs = bootMs + dueMs;
    books.accounting.made(device.id(), report.reportSequence());
    link.publish(
        report,
        () -> {
          books.accounting.acked(device.id(), report.reportSequence());
          books.ackTimes.record((books.clockMs.getAsLong() - intendedMs) * 1000);
        });
  }

  Snapshot snapshot() {
    return snapshot;
  }

  long budgets() {
    return budgets.get();
  }

  boolean isConnected() {
    return link.isConnected();
  }

  int inFlight() {
    return link.inFlight();
  }

  /** To be called once no thread turns it any more. */
  void leave() {
    link.leave(device.farewell());
    device.close();
  }
}
