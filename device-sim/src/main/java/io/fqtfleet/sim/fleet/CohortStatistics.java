package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.SimDevice.Judged;

/**
 * Sums over the simulated devices of one cohort since the fleet's start.
 *
 * @param devices simulated ones
 * @param connected of them, now
 * @param windows classified
 * @param judged labelled windows never seen before, and how many of them were classified correctly
 *     before any training on them
 * @param trained windows that took part in an update
 * @param macsForward multiply-accumulates of forward passes
 * @param macsBackward multiply-accumulates of training
 * @param budgets budget messages received
 * @param onBudget devices with a budget other than the factory's in force
 * @param skipped windows that came while this process was too busy
 * @param behindMs by which the slowest device of the cohort runs behind its own clock
 */
public record CohortStatistics(
    String cohort,
    int devices,
    int connected,
    long windows,
    Judged judged,
    long trained,
    long macsForward,
    long macsBackward,
    long budgets,
    int onBudget,
    long skipped,
    long behindMs) {}
