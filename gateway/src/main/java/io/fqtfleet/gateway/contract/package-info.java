/**
 * What both directions agree on: MQTT 5 properties as Kafka headers and back, and why a message
 * becomes a dead letter. Pure: values in, values out. The README has both as tables.
 *
 * <p>Start with {@link io.fqtfleet.gateway.contract.PropertyHeaders}.
 */
package io.fqtfleet.gateway.contract;
