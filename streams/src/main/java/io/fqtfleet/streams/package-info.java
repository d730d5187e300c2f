/**
 * The service that finds drift, tells a broken sensor from a changed world and decides budgets. It
 * must not know MQTT, gateways or simulators.
 *
 * <p>Start with {@link io.fqtfleet.streams.StreamsService}.
 */
package io.fqtfleet.streams;
