package io.fqtfleet.sim.model;

/**
 * One layer of a model. Kernel, stride and padding are 0 where the layer has none.
 *
 * @param outputs filters or rows; 0 for a layer that keeps its channels
 */
public record LayerDescription(
    Kind kind,
    boolean relu,
    int outputs,
    int kernelH,
    int kernelW,
    int strideH,
    int strideW,
    int padH,
    int padW) {

  /** In the order of {@code enum fqt_layer_kind}. */
  public enum Kind {
    LINEAR("linear"),
    CONV("conv"),
    DEPTHWISE("depthwise"),
    AVG_POOL("avgpool"),
    MAX_POOL("maxpool"),
    GLOBAL_AVG_POOL("globalavg"),
    GLOBAL_MAX_POOL("globalmax");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    /** As written in a description. */
    public String word() {
      return word;
    }

    boolean hasWeights() {
      return ordinal() <= DEPTHWISE.ordinal();
    }

    boolean isPool() {
      return !hasWeights();
    }

    /** Sees a part of its input at a time. */
    boolean hasKernel() {
      return this == CONV || this == DEPTHWISE || this == AVG_POOL || this == MAX_POOL;
    }

    /** Its number of outputs is written in the description. */
    boolean isCounted() {
      return this == LINEAR || this == CONV;
    }
  }

  /** Height, width and channels of a tensor; channels lie next to each other. */
  public record Shape(int h, int w, int c) {
    int count() {
      return h * w * c;
    }

    @Override
    public String toString() {
      return h + "x" + w + "x" + c;
    }
  }

  LayerDescription withOutputs(int count) {
    return new LayerDescription(kind, relu, count, kernelH, kernelW, strideH, strideW, padH, padW);
  }

  /**
   * What this layer makes of a tensor.
   *
   * @throws ModelException if it does not fit
   */
  Shape output(Shape in) {
    return switch (kind) {
      case LINEAR -> new Shape(1, 1, outputs);
      case GLOBAL_AVG_POOL, GLOBAL_MAX_POOL -> new Shape(1, 1, in.c());
      default ->
          new Shape(
              positions("height", in.h(), kernelH, strideH, padH),
              positions("width", in.w(), kernelW, strideW, padW),
              kind == Kind.CONV ? outputs : in.c());
    };
  }

  private int positions(String axis, int extent, int kernel, int stride, int pad) {
    if (pad >= kernel) {
      throw new ModelException(
          "pad %d of %s is not smaller than its kernel %d; use less padding"
              .formatted(pad, axis, kernel));
    }
    int padded = extent + 2 * pad;
    if (padded < kernel) {
      throw new ModelException(
          "its kernel has %s %d, but only %d come from below (%d with padding); use a smaller one"
              .formatted(axis, kernel, extent, padded));
    }
    return (padded - kernel) / stride + 1;
  }

  /** Weights of one structure (filter, row, channel) over such an input. */
  int inputs(Shape in) {
    return switch (kind) {
      case LINEAR -> in.count();
      case CONV -> kernelH * kernelW * in.c();
      case DEPTHWISE -> kernelH * kernelW;
      default -> 0;
    };
  }
}
