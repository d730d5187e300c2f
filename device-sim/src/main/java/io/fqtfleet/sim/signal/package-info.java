/**
 * What a sensor sees: seeded windows of vibration with their true class, from physics or from
 * files, with drift and faults laid over them.
 *
 * <p>Must not know devices, MQTT, clocks or threads: a window is a function of a seed and an index.
 *
 * <p>Start at {@link io.fqtfleet.sim.signal.SampleSource}, then {@link
 * io.fqtfleet.sim.signal.BearingVibration}.
 */
package io.fqtfleet.sim.signal;
