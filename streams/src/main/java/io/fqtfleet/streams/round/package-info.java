/**
 * One closed round of a cohort: the evidence in, decisions, budgets, alerts and health out. Pure:
 * it must not know Kafka, stores or wall clocks; the same input gives the same output.
 *
 * <p>Start with {@link io.fqtfleet.streams.round.CohortRound}.
 */
package io.fqtfleet.streams.round;
