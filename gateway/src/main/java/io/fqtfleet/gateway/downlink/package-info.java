/**
 * From Kafka to devices: budgets are signed and published retained, and committed once the broker
 * has them. It must not decide anything about a budget.
 *
 * <p>Start with {@link io.fqtfleet.gateway.downlink.Downlink}.
 */
package io.fqtfleet.gateway.downlink;
