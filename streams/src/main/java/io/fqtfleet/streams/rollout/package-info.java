/**
 * How changed terms reach the devices of a cohort: canaries, waves, gates, rollback.
 *
 * <p>Pure: a step is a function of the state, the round's evidence and the operators' commands. It
 * knows no cards, no Kafka and no clock. Start at {@link io.fqtfleet.streams.rollout.RolloutStep}.
 */
package io.fqtfleet.streams.rollout;
