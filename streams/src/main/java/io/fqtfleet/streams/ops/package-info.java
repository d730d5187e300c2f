/**
 * How the service is watched: counters, health and metrics over HTTP. It must not know what the
 * counters mean.
 *
 * <p>Start with {@link io.fqtfleet.streams.ops.HttpEndpoint}.
 */
package io.fqtfleet.streams.ops;
