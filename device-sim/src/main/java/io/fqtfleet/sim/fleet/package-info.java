/**
 * A fleet from a scenario file: factory weights, devices with seeds and keys of their own, the
 * threads that turn them, and what came of it.
 *
 * <p>Must not know Kafka, the gateway or streams; it reaches the world through a broker's address.
 *
 * <p>Start at {@link io.fqtfleet.sim.fleet.Scenario} (what may be written) and {@link
 * io.fqtfleet.sim.fleet.Fleet} (what runs).
 */
package io.fqtfleet.sim.fleet;
