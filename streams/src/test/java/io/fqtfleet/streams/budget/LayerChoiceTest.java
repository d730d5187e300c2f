package io.fqtfleet.streams.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.streams.budget.LayerChoice.Layer;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerChoiceTest {
  private static final double SOUND = 0.001;

  /** Of one weight, so that rise over MACs is what a step gives. */
  private static Layer layer(double rise, double macs) {
    return new Layer(rise, 1, macs, SOUND);
  }

  private static int choose(Layer... layers) {
    return LayerChoice.choose(List.of(layers), 0, 15, 0);
  }

  @Test
  void aLayerIsTrainedIfItsRiseIsWorthItsEnergy() {
    // The last layer gives 1 per MAC; the first, with the error product of the last, 0.5.
    assertEquals(0, choose(layer(1100, 2000), layer(200, 200)));
    // 0.04 per MAC: less than half of a tenth of the best.
    assertEquals(1, choose(layer(88, 2000), layer(200, 200)));
    // A layer in between that gives little is trained with the one before it.
    assertEquals(0, choose(layer(2000, 1000), layer(1, 1000), layer(100, 100)));
    assertEquals(2, choose(layer(1, 1000), layer(1, 1000), layer(100, 100)));
    // Standardised steps: a hundred times the weights give ten times as much.
    assertEquals(0, choose(new Layer(88, 100, 2000, SOUND), layer(200, 200)));
  }

  @Test
  void aLayerStaysUntilItGivesClearlyLess() {
    // 0.08 per MAC, between what begins (0.1) and what ends (0.05).
    List<Layer> layers = List.of(layer(176, 2000), layer(200, 200));
    assertEquals(0, LayerChoice.choose(layers, 0, 15, 0));
    assertEquals(1, LayerChoice.choose(layers, 0, 15, 1));
  }

  @Test
  void nothingBeforeASaturatedLayerIsChosen() {
    Layer clamped = new Layer(5000, 1, 2000, LayerChoice.SATURATED);
    assertEquals(1, choose(clamped, layer(200, 200)));
    assertEquals(2, choose(layer(9000, 2000), clamped, layer(200, 200)));
    assertEquals(1, choose(layer(9000, 2000), new Layer(200, 1, 200, 0.5)), "the last one stays");
  }

  @Test
  void thePolicyBoundsTheChoice() {
    List<Layer> layers = List.of(layer(9000, 10), layer(1, 1000), layer(1, 1000), layer(1, 1000));
    assertEquals(0, LayerChoice.choose(layers, 0, 2, 0));
    assertEquals(1, LayerChoice.choose(layers, 1, 1, 1), "nothing to choose");
    assertEquals(3, LayerChoice.choose(layers, 3, 1, 3), "drift terms above the quiet ones");
    List<Layer> falling = List.of(layer(1, 1000), layer(1, 1000), layer(1, 1000), layer(900, 10));
    assertEquals(2, LayerChoice.choose(falling, 0, 2, 0), "no higher than the quiet terms");
    assertEquals(3, LayerChoice.choose(falling, 0, 15, 0));
  }

  @Test
  void untilAllIsKnownTheTermsHold() {
    assertEquals(0, choose(layer(Double.NaN, 2000), layer(200, 200)));
    assertEquals(0, choose(layer(1, 2000), layer(200, 0)));
    assertEquals(0, LayerChoice.choose(List.of(), 0, 15, 0));
  }
}
