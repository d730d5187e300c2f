package io.fqtfleet.sim.model;

/**
 * One line of the table: means over the seeds.
 *
 * @param source places that the factory weights were trained on
 * @param target place that was adapted to; the source itself where nothing was
 * @param mode uint8, fine or float
 * @param trainableLayers last this many layers with weights; 0 = nothing was adapted
 * @param accuracyBefore share of the target's test windows, 0..1, with factory weights
 * @param accuracyAfter the same after adaptation
 */
public record EvaluationRow(
    String model,
    String source,
    String target,
    String mode,
    int trainableLayers,
    double accuracyBefore,
    double accuracyAfter,
    int seeds) {}
