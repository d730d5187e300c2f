package io.fqtfleet.sim.fleet;

/**
 * One device of a fleet.
 *
 * @param qemu a firmware image, not a simulated device
 */
public record Member(String device, String cohort, boolean qemu) {}
