/**
 * Kafka and MQTT brokers on loopback, for the demo and as a fixture of tests. It knows none of our
 * modules and nothing of what the messages mean.
 *
 * <p>Start with {@link io.fqtfleet.localstack.LocalKafka} and {@link
 * io.fqtfleet.localstack.MqttBroker}.
 */
package io.fqtfleet.localstack;
