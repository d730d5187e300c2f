/**
 * How devices reach the outside: MQTT for simulated ones, a sensor feed and a child process for
 * real firmware in QEMU.
 *
 * <p>Must not know scenarios or what a signal means: it moves bytes and frames, and accounts for
 * them.
 *
 * <p>Start at {@link io.fqtfleet.sim.link.DeviceLink} and {@link io.fqtfleet.sim.link.SensorFeed}.
 */
package io.fqtfleet.sim.link;
