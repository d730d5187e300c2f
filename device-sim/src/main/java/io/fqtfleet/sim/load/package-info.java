/**
 * End accounting: which reports were sent and which the broker acknowledged, to be compared with
 * what arrived elsewhere.
 *
 * <p>Must not know where reports arrive; the comparing program lives in {@code deploy}.
 *
 * <p>Start at {@link io.fqtfleet.sim.load.FleetAccounting}.
 */
package io.fqtfleet.sim.load;
