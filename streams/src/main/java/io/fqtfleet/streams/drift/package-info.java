/**
 * Detectors: from counts of one round to log-evidence that the world changed. Pure: it must not
 * know Kafka, clocks, policies' budgets or alerts.
 *
 * <p>Start with {@link io.fqtfleet.streams.drift.DeviceLane}, then {@link
 * io.fqtfleet.streams.drift.CohortLane}. For any column of numbers: {@link
 * io.fqtfleet.streams.drift.Detector}, chosen and set by {@link
 * io.fqtfleet.streams.drift.DetectorPlan}.
 */
package io.fqtfleet.streams.drift;
