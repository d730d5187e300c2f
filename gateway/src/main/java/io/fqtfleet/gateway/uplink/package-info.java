/**
 * From devices to Kafka: persistent MQTT sessions, each message confirmed by Kafka before it is
 * acknowledged. It must not know budgets.
 *
 * <p>Start with {@link io.fqtfleet.gateway.uplink.UplinkSession}.
 */
package io.fqtfleet.gateway.uplink;
