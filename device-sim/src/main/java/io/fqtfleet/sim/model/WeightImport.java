package io.fqtfleet.sim.model;

import io.fqtfleet.sim.model.LayerDescription.Kind;
import io.fqtfleet.sim.model.LayerDescription.Shape;
import io.fqtfleet.sim.model.ModelDescription.WeightLayer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Weights from elsewhere: a folder with {@code 0.weight.npy}, {@code 0.bias.npy}, {@code
 * 1.weight.npy} ... , numbered as the layers with weights. A real weight is {@code scale * (value -
 * zero)} where {@code N.weight.scale.npy} and {@code N.weight.zero.npy} (one number, or one per
 * structure) exist, else the value itself; biases likewise.
 *
 * <p>Shapes by layout, 1-D convolutions without the kernel's height:
 *
 * <pre>
 *              channels-last               torch
 * linear       [rows, inputs]              [rows, inputs], inputs counted channel by channel
 * conv         [filters, kh, kw, channels] [filters, channels, kh, kw]
 * depthwise    [channels, kh, kw]          [channels, 1, kh, kw]
 * </pre>
 */
public final class WeightImport {
  /** Order of the extents in a tensor. */
  public enum Layout {
    /** As the firmware stores them. */
    CHANNELS_LAST,
    /** As PyTorch's state_dict has them. */
    TORCH
  }

  private final Path folder;
  private final Layout layout;

  public WeightImport(Path folder, Layout layout) {
    this.folder = folder;
    this.layout = layout;
  }

  /**
   * All parameters, in the order of {@link NativeLearner#weights}.
   *
   * @throws ModelException with the file, the limit and the remedy
   */
  public float[] read(ModelDescription model) {
    if (!Files.isDirectory(folder)) {
      throw new ModelException(
          folder + ": there is no such folder; give the one with 0.weight.npy, 0.bias.npy ...");
    }
    List<WeightLayer> layers = model.weightLayers();
    refuseFurther(layers.size());
    float[] all = new float[model.parameters()];
    int at = 0;
    for (int i = 0; i < layers.size(); i++) {
      WeightLayer layer = layers.get(i);
      double[] weights = tensor(i + ".weight", weightShape(layer), layer);
      double[] ordered = layout == Layout.TORCH ? channelsLast(weights, layer) : weights;
      double[] bias = tensor(i + ".bias", List.of(layer.rows()), layer);
      for (double v : ordered) {
        all[at++] = (float) v;
      }
      for (double v : bias) {
        all[at++] = (float) v;
      }
    }
    return all;
  }

  /** A folder for another model would otherwise pass in part. */
  private void refuseFurther(int layers) {
    Path further = folder.resolve(layers + ".weight.npy");
    if (Files.exists(further)) {
      throw new ModelException(
          "%s: the model has %d layers with weights, numbered from 0; give the model that it is for"
              .formatted(further, layers));
    }
  }

  private List<Integer> weightShape(WeightLayer layer) {
    LayerDescription d = layer.layer();
    if (d.kind() == Kind.LINEAR) {
      return List.of(layer.rows(), layer.inputs());
    }
    List<Integer> shape = new ArrayList<>(List.of(layer.rows()));
    int channels = d.kind() == Kind.DEPTHWISE ? 1 : layer.in().c();
    if (layout == Layout.TORCH) {
      shape.add(channels);
    }
    if (layer.in().h() > 1 || d.kernelH() > 1) {
      shape.add(d.kernelH());
    }
    shape.add(d.kernelW());
    if (layout == Layout.CHANNELS_LAST && d.kind() == Kind.CONV) {
      shape.add(channels);
    }
    return shape;
  }

  private double[] tensor(String name, List<Integer> expected, WeightLayer layer) {
    NpyFile npy = NpyFile.read(folder.resolve(name + ".npy"));
    int[] shape = expected.stream().mapToInt(Integer::intValue).toArray();
    if (!Arrays.equals(npy.shape(), shape)) {
      throw new ModelException(
          "%s: shape %s; layer %s of the model takes %s in layout %s: %s"
              .formatted(
                  npy.file(),
                  Arrays.toString(npy.shape()),
                  layer.layer().kind().word(),
                  expected,
                  layout.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                  "transpose it, give the other --layout, or correct the description"));
    }
    double[] values = npy.values();
    double[] scale = perRow(name + ".scale", layer.rows(), 1);
    double[] zero = perRow(name + ".zero", layer.rows(), 0);
    int perRow = values.length / layer.rows();
    for (int i = 0; i < values.length; i++) {
      values[i] = scale[i / perRow] * (values[i] - zero[i / perRow]);
    }
    return values;
  }

  private double[] perRow(String name, int rows, double otherwise) {
    Path file = folder.resolve(name + ".npy");
    double[] perRow = new double[rows];
    Arrays.fill(perRow, otherwise);
    if (!Files.exists(file)) {
      return perRow;
    }
    NpyFile npy = NpyFile.read(file);
    double[] values = npy.values();
    if (values.length != 1 && values.length != rows) {
      throw new ModelException(
          "%s: %d values; give one, or %d: one per structure".formatted(file, values.length, rows));
    }
    Arrays.setAll(perRow, row -> values[values.length == 1 ? 0 : row]);
    return perRow;
  }

  /** From [row][channel][y][x] to [row][y][x][channel]. */
  private static double[] channelsLast(double[] in, WeightLayer layer) {
    LayerDescription d = layer.layer();
    if (d.kind() == Kind.DEPTHWISE) {
      return in;
    }
    Shape patch =
        d.kind() == Kind.LINEAR ? layer.in() : new Shape(d.kernelH(), d.kernelW(), layer.in().c());
    int area = patch.h() * patch.w();
    double[] out = new double[in.length];
    for (int row = 0; row < layer.rows(); row++) {
      for (int at = 0; at < area; at++) {
        for (int c = 0; c < patch.c(); c++) {
          out[row * layer.inputs() + at * patch.c() + c] = in[row * layer.inputs() + c * area + at];
        }
      }
    }
    return out;
  }
}
