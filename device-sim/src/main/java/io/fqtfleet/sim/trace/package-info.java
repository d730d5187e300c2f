/**
 * Devices that replay what exact ones reported, adapted to the budget in force: hundreds of bytes
 * instead of a learner each, for fleets of tens of thousands.
 *
 * <p>Must not know who counts what arrives. What is replayed comes from the firmware's core ({@link
 * io.fqtfleet.sim.trace.TraceRecorder}) or from a real fleet ({@link
 * io.fqtfleet.sim.trace.Recording}).
 *
 * <p>Start at {@link io.fqtfleet.sim.trace.TraceDevice}.
 */
package io.fqtfleet.sim.trace;
