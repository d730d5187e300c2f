/**
 * One device without I/O: the firmware's agent (through JNI), its two flash pages, and the state
 * machine that feeds it windows and budgets.
 *
 * <p>Must not know MQTT clients, sockets, threads or wall clocks.
 *
 * <p>Start at {@link io.fqtfleet.sim.device.SimDevice}; the agent's rules stand in {@code
 * firmware/app/agent.c}.
 */
package io.fqtfleet.sim.device;
