/**
 * What an operator sees: health, readiness with causes, metrics. It must not change what the
 * gateway does.
 *
 * <p>Start with {@link io.fqtfleet.gateway.ops.OpsServer}.
 */
package io.fqtfleet.gateway.ops;
