package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Policy;
import io.fqtfleet.streams.budget.LayerChoice;
import io.fqtfleet.streams.budget.LayerChoice.Layer;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.state.LayerEvidence;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a device's layers have shown of their gradients, and which it trains for that. */
final class LayerLevels {
  /** Weight of the past, per round. */
  private static final float MEMORY = 0.5f;

  private static final float CALM_MEMORY = 0.9f;

  /** A mean over fewer samples is noise. */
  private static final int SAMPLES_MIN = 4;

  private static final double UNITS = 1 << 24;

  private final float[] calm;
  private final float[] now;
  private final float[] saturated;
  private final float[] macs;
  private final float[] weights;

  /** First layer that it is to train; -1 = as the terms say. */
  int first = -1;

  private LayerLevels(int layers) {
    calm = filled(layers, Float.NaN);
    now = filled(layers, Float.NaN);
    saturated = filled(layers, 0);
    macs = filled(layers, 0);
    weights = filled(layers, 0);
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }

  /**
   * Takes in what a device said in this round; in a cohort's incident it is chosen anew.
   *
   * @param policy whose terms the device has
   * @param heard null = nothing was
   */
  static void follow(Policy policy, DeviceRound heard, DeviceCard card) {
    if (!policy.getChooseLayers()) {
      card.layers = null;
      return;
    }
    boolean calmly = card.standing == Standing.STABLE || card.standing == Standing.WATCH;
    boolean drifts = card.standing == Standing.DRIFT || card.standing == Standing.RECOVERING;
    if (card.layers != null && !drifts) {
      card.layers.restart();
    }
    if (heard == null || heard.newestTrained == null || !calmly && !drifts) {
      return;
    }
    int firstLayer = heard.newestTrained.getFirstLayer();
    List<LayerEvidence> told = heard.newestTrained.getLayers();
    if (card.layers == null || card.layers.count() != firstLayer + told.size()) {
      card.layers = new LayerLevels(firstLayer + told.size());
    }
    card.layers.observe(firstLayer, told, calmly);
    if (drifts) {
      card.layers.choose(
          policy.getDrift().getFirstTrainableLayer(), policy.getQuiet().getFirstTrainableLayer());
    }
  }

  private int count() {
    return now.length;
  }

  /** Another incident, or none: what drift showed is over. */
  private void restart() {
    Arrays.fill(now, Float.NaN);
    first = -1;
  }

  /**
   * @param calmly nothing ails the device, so this is what its layers usually show
   */
  private void observe(int firstLayer, List<LayerEvidence> layers, boolean calmly) {
    for (int i = 0; i < layers.size() && firstLayer + i < count(); i++) {
      LayerEvidence layer = layers.get(i);
      int at = firstLayer + i;
      if (layer.getMacs() > 0) {
        macs[at] = layer.getMacs();
        weights[at] = layer.getWeights();
      }
      if (layer.getCodesTotal() > 0) {
        float share = (float) layer.getCodesSaturated() / layer.getCodesTotal();
        saturated[at] = MEMORY * saturated[at] + (1 - MEMORY) * share;
      }
      if (layer.getGradSamples() >= SAMPLES_MIN) {
        float[] levels = calmly ? calm : now;
        float memory = Float.isNaN(levels[at]) ? 0 : calmly ? CALM_MEMORY : MEMORY;
        double mean = layer.getGradNormSquareSum() / UNITS / layer.getGradSamples();
        levels[at] = (memory == 0 ? 0 : memory * levels[at]) + (1 - memory) * (float) mean;
      }
    }
  }

  /**
   * Why it trains the layers that it trains; empty = as the terms say.
   *
   * @param told first layer of its budget
   */
  String words(int told) {
    return first < 0 || first != told
        ? ""
        : " of layers from %d on (rise of the gradient per mJ, of the best one's: %s)"
            .formatted(first, LayerChoice.words(layers()));
  }

  /** Of a layer that calm devices do not train all of its gradient counts as risen. */
  private List<Layer> layers() {
    List<Layer> layers = new ArrayList<>(count());
    for (int i = 0; i < count(); i++) {
      double usual = Float.isNaN(calm[i]) ? 0 : Math.sqrt(calm[i]);
      double rise = Float.isNaN(now[i]) ? Double.NaN : Math.max(0, Math.sqrt(now[i]) - usual);
      layers.add(new Layer(rise, weights[i], macs[i], saturated[i]));
    }
    return layers;
  }

  private void choose(int deepest, int shallowest) {
    int held = first < 0 ? deepest : first;
    first = LayerChoice.choose(layers(), deepest, shallowest, held);
  }

  void write(DataOutput out) throws IOException {
    out.writeByte(count());
    out.writeByte(first);
    for (int i = 0; i < count(); i++) {
      out.writeFloat(calm[i]);
      out.writeFloat(now[i]);
      out.writeFloat(saturated[i]);
      out.writeFloat(macs[i]);
      out.writeFloat(weights[i]);
    }
  }

  static LayerLevels read(DataInput in) throws IOException {
    LayerLevels levels = new LayerLevels(in.readUnsignedByte());
    levels.first = in.readByte();
    for (int i = 0; i < levels.count(); i++) {
      levels.calm[i] = in.readFloat();
      levels.now[i] = in.readFloat();
      levels.saturated[i] = in.readFloat();
      levels.macs[i] = in.readFloat();
      levels.weights[i] = in.readFloat();
    }
    return levels;
  }
}
