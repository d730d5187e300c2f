/**
 * What both directions need from Kafka: topics, client settings, a producer that is replaced when
 * it fails, and ownership from a consumer group. It must not know MQTT.
 *
 * <p>Start with {@link io.fqtfleet.gateway.kafka.GroupOwnership}.
 */
package io.fqtfleet.gateway.kafka;
