/**
 * One closed round of a cohort: the evidence in, decisions, budgets, alerts and health out. Pure:
 * it must not know Kafka, stores or wall clocks; the same input gives the same output.
 *
 * <p>Start with {@link io.fqtfleet.streams.round.CohortRound}. To drive it without Kafka: keep a
 * {@link io.fqtfleet.streams.round.CohortCard} and a sorted map of {@link
 * io.fqtfleet.streams.round.DeviceCard} per cohort, and per round call {@code
 * CohortRound.decide(closed, card, cards, events)}: the events are StatusEvidence once per device,
 * AttributeEvidence if it has attributes, ReportEvidence per report (differences, not sums since
 * boot). {@code Closed} with five arguments compares a cohort with nothing; for what the fleet
 * shares give it the levels and causes of {@code FleetView.of(the cohorts' last health)}.
 */
package io.fqtfleet.streams.round;
