/**
 * Detectors: from counts of one round to log-evidence that the world changed. Pure: it must not
 * know Kafka, clocks, policies' budgets or alerts.
 *
 * <p>Start with {@link io.fqtfleet.streams.drift.DeviceLane}, then {@link
 * io.fqtfleet.streams.drift.CohortLane}.
 */
package io.fqtfleet.streams.drift;
