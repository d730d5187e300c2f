package io.fqtfleet.streams.budget;

import java.util.List;
import java.util.Locale;

/**
 * How far down a drifting device trains: by the rise of each layer's gradient for the energy that
 * its training costs. A budget names the first layer of a suffix, so a layer is taken only with all
 * behind it, and pays for the error product that brings it its error. What lies before a saturated
 * layer learns from clamped errors and is never chosen.
 *
 * <p>The learner standardises gradients, so a step moves each weight by about the same, and takes
 * norm of the gradient times root of the number of weights off the loss, to first order. What a
 * layer shows in calm times is noise: the rise above that counts.
 */
public final class LayerChoice {
  /** Clamped codes of a layer from which on it counts as saturated; as QUANT_SATURATION. */
  public static final double SATURATED = 0.05;

  /** A layer is worth training if it gives this share of what the best one gives per mJ. */
  static final double WORTH = 0.1;

  /** A layer that is trained already stays until it gives less than this part of that. */
  static final double HELD = 0.5;

  private LayerChoice() {}

  /**
   * A layer with weights.
   *
   * @param rise of the root mean square gradient norm above calm times, 0 or more; NaN = not known
   * @param weights in the layer
   * @param macs of one sample's weight gradient; 0 = not known
   * @param saturated share of clamped codes, 0..1
   */
  public record Layer(double rise, double weights, double macs, double saturated) {}

  /**
   * @param layers of the whole model
   * @param deepest first layer that the policy allows
   * @param shallowest first layer that it wants at least, deepest or more
   * @param held chosen last, or deepest
   * @return deepest until each layer behind it is known
   */
  public static int choose(List<Layer> layers, int deepest, int shallowest, int held) {
    int last = layers.size() - 1;
    int highest = Math.min(shallowest, last);
    if (deepest >= highest) {
      return deepest;
    }
    for (Layer layer : layers.subList(deepest, last + 1)) {
      if (Double.isNaN(layer.rise) || layer.macs <= 0) {
        return deepest;
      }
    }
    double best = 0;
    for (int i = deepest; i <= last; i++) {
      best = Math.max(best, perMac(layers, i));
    }
    int first = highest;
    for (int i = highest - 1; i >= deepest && isSound(layers.get(i), layers.get(i + 1)); i--) {
      double worth = WORTH * best * (i >= held ? HELD : 1);
      if (perMac(layers, i) >= worth) {
        first = i;
      }
    }
    return first;
  }

  /** For a person: what each layer gives for its energy, of what the best one gives. */
  public static String words(List<Layer> layers) {
    double best = 0;
    for (int i = 0; i < layers.size(); i++) {
      best = Math.max(best, perMac(layers, i));
    }
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      words.append(i == 0 ? "layer 0 " : ", layer " + i + " ");
      boolean known = !Double.isNaN(layer.rise) && layer.macs > 0;
      words.append(
          known
              ? String.format(Locale.ROOT, "%.2f", best == 0 ? 0 : perMac(layers, i) / best)
              : "not known");
      words.append(layer.saturated < SATURATED ? "" : " (saturated)");
    }
    return words.toString();
  }

  private static boolean isSound(Layer layer, Layer behind) {
    return layer.saturated < SATURATED && behind.saturated < SATURATED;
  }

  /** What a step gives, per multiply-accumulate that training this layer adds. */
  static double perMac(List<Layer> layers, int index) {
    Layer layer = layers.get(index);
    double errors = index + 1 < layers.size() ? layers.get(index + 1).macs : 0;
    return layer.rise * Math.sqrt(layer.weights) / (layer.macs + errors);
  }
}
