/**
 * {@code fleet sim}: runs a scenario against real brokers, reads Kafka to see what became of it,
 * judges it, and writes it down.
 *
 * <p>Must not know how a target was started. Start at {@link io.fqtfleet.programs.sim.SimRun}.
 */
package io.fqtfleet.programs.sim;
