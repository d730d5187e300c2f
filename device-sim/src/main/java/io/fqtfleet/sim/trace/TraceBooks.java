package io.fqtfleet.sim.trace;

import io.fqtfleet.sim.load.FleetAccounting;
import io.fqtfleet.sim.load.LatencyLog;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of a fleet of trace devices; any thread.
 *
 * @param ackTimes from the intended send to the broker's acknowledgement
 * @param startNanos of the fleet's time
 * @param connects devices that came online because the scenario wanted it
 * @param reconnects connections that came back after they had been lost
 * @param missed reports whose time passed while an earlier one of the device waited for room
 * @param farewells messages of devices that leave, not yet acknowledged
 */
public record TraceBooks(
    FleetAccounting accounting,
    LatencyLog ackTimes,
    AtomicLong startNanos,
    LongAdder sent,
    LongAdder acked,
    LongAdder missed,
    LongAdder connects,
    LongAdder reconnects,
    LongAdder budgets,
    LongAdder farewells) {
  TraceBooks(FleetAccounting accounting, LatencyLog ackTimes) {
    this(
        accounting,
        ackTimes,
        new AtomicLong(System.nanoTime()),
        new LongAdder(),
        new LongAdder(),
        new LongAdder(),
        new LongAdder(),
        new LongAdder(),
        new LongAdder(),
        new LongAdder());
  }

  long nowMs() {
    return (System.nanoTime() - startNanos.get()) / 1_000_000;
  }

  long nowMicros() {
    return (System.nanoTime() - startNanos.get()) / 1_000;
  }
}
