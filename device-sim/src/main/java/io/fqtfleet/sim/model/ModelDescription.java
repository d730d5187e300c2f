package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.LayerDescription.Kind;
import io.fqtfleet.sim.model.LayerDescription.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model without its weights: what stands in a {@code .model} file. The grammar is written down in
 * {@code firmware/tool/description.h}; the C tool reads the same text.
 *
 * @param frozen the first this many layers with weights stay in flash
 * @param batch largest minibatch that a budget may ask for
 * @param ramLimit bytes that the learner's arena may take; 0 = no limit stated
 */
public record ModelDescription(
    String name,
    Input input,
    List<LayerDescription> layers,
    int frozen,
    int batch,
    Arithmetic arithmetic,
    int ramLimit) {

  static final int LAYERS_MAX = 12;
  static final int WEIGHT_LAYERS_MAX = 8;
  static final int OUTPUTS_MAX = 1024;
  static final int INPUTS_MAX = 4096;
  static final int TENSOR_MAX = 65_535;
  static final int CLASSES_MAX = 64;
  static final int BATCH_MAX = 64;

  /** What one sample is. */
  public enum InputKind {
    /** 512 int16 samples, seen through 64 spectral codes. */
    SPECTRA,
    /** int16 samples as they are. */
    WINDOW,
    /** A tensor of uint8 codes. */
    CODES;

    /** As in {@code enum fqt_input_kind}. */
    int code() {
      return ordinal() + 1;
    }
  }

  /**
   * What the model reads.
   *
   * @param scale of CODES: a code stands for scale * (code - zero); of WINDOW: samples per code, 0
   *     = by each window's own deviation
   * @param zero of CODES
   */
  public record Input(InputKind kind, Shape shape, float scale, int zero) {}

  /** A layer with weights: its structures and the weights of each. */
  public record WeightLayer(LayerDescription layer, Shape in, int rows, int inputs) {}

  public ModelDescription {
    layers = List.copyOf(layers);
  }

  /**
   * Reads and checks a file.
   *
   * @throws ModelException with line, value, rule and remedy
   */
  public static ModelDescription read(Path file) {
    return ModelDescriptionReader.read(file);
  }

  /** The same for a text; {@code source} names it in messages. */
  public static ModelDescription parse(String source, String text) {
    return ModelDescriptionReader.parse(source, text.lines().toList());
  }

  /** Tensors between the layers: the input first, the logits last. */
  public List<Shape> shapes() {
    List<Shape> shapes = new ArrayList<>();
    shapes.add(input.shape());
    for (int i = 0; i < layers.size(); i++) {
      Shape in = shapes.get(i);
      try {
        shapes.add(layers.get(i).output(in));
      } catch (ModelException e) {
        throw new ModelException(
            "layer %d (%s): %s".formatted(i, layers.get(i).kind().word(), e.getMessage()), e);
      }
    }
    return shapes;
  }

  /** The layers that budgets and counters number, in order. */
  public List<WeightLayer> weightLayers() {
    List<Shape> shapes = shapes();
    List<WeightLayer> found = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      LayerDescription layer = layers.get(i);
      if (layer.kind().hasWeights()) {
        int rows = shapes.get(i + 1).c();
        found.add(new WeightLayer(layer, shapes.get(i), rows, layer.inputs(shapes.get(i))));
      }
    }
    return found;
  }

  /** Weights and biases. */
  public int parameters() {
    return weightLayers().stream().mapToInt(layer -> layer.rows() * (layer.inputs() + 1)).sum();
  }

  public int classes() {
    return layers.get(layers.size() - 1).outputs();
  }

  /** The same model for another number of classes: the last layer has as many rows. */
  public ModelDescription withClasses(int classes) {
    if (classes < 2 || classes > CLASSES_MAX) {
      throw new ModelException(
          "model %s cannot tell %d classes apart; 2..%d are possible"
              .formatted(name, classes, CLASSES_MAX));
    }
    List<LayerDescription> changed = new ArrayList<>(layers);
    int last = layers.size() - 1;
    changed.set(last, layers.get(last).withOutputs(classes));
    return new ModelDescription(name, input, changed, frozen, batch, arithmetic, ramLimit);
  }

  /** The same model in other numbers. */
  public ModelDescription with(Arithmetic other) {
    return new ModelDescription(name, input, layers, frozen, batch, other, ramLimit);
  }

  /** The same model with no layer in flash, to train all of it on the host. */
  public ModelDescription unfrozen() {
    return new ModelDescription(name, input, layers, 0, batch, arithmetic, ramLimit);
  }

  /** For the native side; its layout is in {@code firmware/port/jni/native_learner.c}. */
  int[] toSpec() {
    List<Integer> spec = new ArrayList<>();
    Shape in = input.shape();
    spec.addAll(List.of(input.kind().code(), frozen, batch, in.h(), in.w(), in.c()));
    spec.addAll(List.of(Float.floatToIntBits(input.scale()), input.zero(), layers.size()));
    for (LayerDescription layer : layers) {
      spec.addAll(List.of(layer.kind().ordinal(), layer.relu() ? 1 : 0, layer.outputs()));
      spec.addAll(List.of(layer.kernelH(), layer.kernelW(), layer.strideH(), layer.strideW()));
      spec.addAll(List.of(layer.padH(), layer.padW()));
    }
    return spec.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * The rules beyond single lines, which the firmware's planner holds too; that one also knows
   * accumulators and RAM.
   *
   * @throws ModelException with the layer, the value, the limit and the remedy
   */
  void check() {
    LayerDescription last = layers.get(layers.size() - 1);
    if (last.kind() != Kind.LINEAR || last.relu()) {
      throw new ModelException(
          "the last layer is %s%s; end with 'linear CLASSES' without relu, its rows are the classes"
              .formatted(last.kind().word(), last.relu() ? " with relu" : ""));
    }
    if (classes() < 2 || classes() > CLASSES_MAX) {
      throw new ModelException(
          "the last layer has %d rows; a model tells 2..%d classes apart"
              .formatted(classes(), CLASSES_MAX));
    }
    List<WeightLayer> weighty = weightLayers();
    if (weighty.size() > WEIGHT_LAYERS_MAX) {
      throw new ModelException(
          "%d layers have weights, over the limit %d of reports and budgets; use fewer"
              .formatted(weighty.size(), WEIGHT_LAYERS_MAX));
    }
    if (frozen >= weighty.size()) {
      throw new ModelException(
          "frozen %d of %d layers with weights leaves none to train; freeze at most %d"
              .formatted(frozen, weighty.size(), weighty.size() - 1));
    }
    checkSizes();
  }

  private void checkSizes() {
    List<Shape> shapes = shapes();
    for (int i = 0; i < layers.size(); i++) {
      LayerDescription layer = layers.get(i);
      Shape in = shapes.get(i);
      String where = "layer %d (%s): ".formatted(i, layer.kind().word());
      if ((long) in.h() * in.w() * in.c() > TENSOR_MAX) {
        throw new ModelException(
            where
                + "its input %s has %d values, over the limit %d; stride or pool earlier"
                    .formatted(in, (long) in.h() * in.w() * in.c(), TENSOR_MAX));
      }
      if (layer.inputs(in) > INPUTS_MAX) {
        throw new ModelException(
            where
                + "%d weights per structure, over the limit %d; pool before it"
                    .formatted(layer.inputs(in), INPUTS_MAX));
      }
    }
  }
}
