/**
 * End accounting and time: which reports were made, acknowledged and seen at the end of their way,
 * and how long that took from the intended moment.
 *
 * <p>Must not know where reports arrive; the program that reads there lives in {@code deploy}.
 *
 * <p>Start at {@link io.fqtfleet.sim.load.FleetAccounting}.
 */
package io.fqtfleet.sim.load;
