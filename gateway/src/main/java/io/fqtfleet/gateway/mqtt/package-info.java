/**
 * Our view of an MQTT connection. Only {@code Paho...} classes know the client library; nothing
 * here knows Kafka.
 *
 * <p>Start with {@link io.fqtfleet.gateway.mqtt.MqttLink}.
 */
package io.fqtfleet.gateway.mqtt;
