package io.fqtfleet.sim.fleet;

/**
 * Weights that devices leave the factory with.
 *
 * @param page the model page
 * @param testAccuracy on windows of the source domains that were not trained on
 * @param backwardMacsPerWindow multiply-accumulates of training on one window with a full update;
 *     the measure of what always training everything would cost
 */
public record FactoryModel(byte[] page, double testAccuracy, double backwardMacsPerWindow) {}
