/**
 * The Kafka Streams topology: stores, topics and processors around the pure decisions. It must not
 * hold rules of its own on drift or budgets.
 *
 * <p>Start with {@link io.fqtfleet.streams.topology.FleetTopology}.
 */
package io.fqtfleet.streams.topology;
