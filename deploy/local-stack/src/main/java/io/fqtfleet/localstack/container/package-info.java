/**
 * Kafka and Mosquitto as containers behind the same two interfaces as their embedded twins. Start
 * with {@link io.fqtfleet.localstack.container.ContainerEngine}; this is the only package that
 * knows Testcontainers, which whoever uses it puts on the class path.
 */
package io.fqtfleet.localstack.container;
