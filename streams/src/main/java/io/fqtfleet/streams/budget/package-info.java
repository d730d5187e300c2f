/**
 * Who may train how much: rules on policies, the standing of a device, and the budget that follows.
 * Pure: it must not know Kafka, clocks or detectors.
 *
 * <p>Start with {@link io.fqtfleet.streams.budget.BudgetRule}.
 */
package io.fqtfleet.streams.budget;
