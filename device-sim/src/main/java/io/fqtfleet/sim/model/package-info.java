/**
 * Models before they go into a fleet: their descriptions, training on the host, weights from
 * elsewhere, and how well they follow a change of their world in floating point and quantised.
 *
 * <p>Must not know devices, scenarios, MQTT or clocks. The arithmetic is the firmware's: {@link
 * io.fqtfleet.sim.model.NativeLearner} hands over arrays, many samples a call.
 *
 * <p>Start at {@link io.fqtfleet.sim.model.ModelDescription}, then {@link
 * io.fqtfleet.sim.model.Evaluation}.
 */
package io.fqtfleet.sim.model;
