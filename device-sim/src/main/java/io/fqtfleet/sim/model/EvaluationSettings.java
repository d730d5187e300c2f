package io.fqtfleet.sim.model;

import java.util.List;

/**
 * What is compared.
 *
 * @param sources names of domains to train factory weights on; empty = as the data suggests
 * @param modes arithmetic of the adaptation
 * @param seeds repetitions, each with its own weights, order and choice of windows
 * @param threads of this process
 */
public record EvaluationSettings(
    List<String> sources, List<Arithmetic> modes, int seeds, int threads) {
  /** Labelled windows of each class of a target that a device adapts on. */
  public static final int WINDOWS_PER_CLASS = 30;

  private static final int SEEDS_MAX = 100;

  public EvaluationSettings {
    sources = List.copyOf(sources);
    modes = List.copyOf(modes);
    if (modes.isEmpty()) {
      throw new ModelException("no mode to evaluate; give one or more of uint8, fine, float");
    }
    if (seeds < 1 || seeds > SEEDS_MAX) {
      throw new ModelException("seeds %d is not in 1..%d".formatted(seeds, SEEDS_MAX));
    }
  }
}
