/**
 * Moves messages between MQTT and Kafka and loses none. It must not know what they are for: drift,
 * budgets and devices' rules live elsewhere.
 *
 * <p>Start with {@link io.fqtfleet.gateway.Gateway}, then {@code uplink.UplinkSession}.
 */
package io.fqtfleet.gateway;
