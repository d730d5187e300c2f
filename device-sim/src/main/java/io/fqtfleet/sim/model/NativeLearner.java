package io.fqtfleet.sim.model;

import io.fqtfleet.sim.device.NativeAgent;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A model that learns on the host: in floating point ({@code firmware/reference}), or bit for bit
 * as on a device. One call handles many samples.
 *
 * <p>Calls to one learner exclude each other, learners are independent. A call after {@link #close}
 * throws IllegalStateException.
 */
public final class NativeLearner implements AutoCloseable {
  private final ModelDescription description;
  private final Arithmetic arithmetic;
  private long handle;

  /**
   * How one call trains.
   *
   * @param batch samples per update
   * @param rate learning rate
   * @param decay of the weights, per step; Adam only
   * @param rule what becomes of the gradients
   * @param firstTrainable layers with weights below it stay as they are
   */
  public record Step(int batch, float rate, float decay, Rule rule, int firstTrainable) {}

  /** Update rules. */
  public enum Rule {
    /** The device's: each structure's gradient is standardised. */
    STANDARDISED,
    /** For factory weights in floating point. */
    ADAM
  }

  private NativeLearner(ModelDescription description, Arithmetic arithmetic, long handle) {
    this.description = description;
    this.arithmetic = arithmetic;
    this.handle = handle;
  }

  /**
   * A model with random weights that follow from the seed.
   *
   * @throws ModelException if the learner cannot plan it, or it needs more RAM than it states
   */
  public static NativeLearner open(ModelDescription description, Arithmetic arithmetic, long seed) {
    NativeAgent.loadLibrary();
    long handle = nativeOpen(description.toSpec(), arithmetic.code(), seed);
    NativeLearner learner = new NativeLearner(description, arithmetic, handle);
    int bytes = learner.arenaBytes();
    if (arithmetic.quantised() && description.ramLimit() > 0 && bytes > description.ramLimit()) {
      learner.close();
      throw new ModelException(
          ("model %s needs %d bytes of RAM for its learner, over its limit %d ('ram'); freeze"
                  + " layers, use mode uint8 or a smaller batch, or raise the limit")
              .formatted(description.name(), bytes, description.ramLimit()));
    }
    return learner;
  }

  public ModelDescription description() {
    return description;
  }

  public Arithmetic arithmetic() {
    return arithmetic;
  }

  /**
   * Learns from the samples in the order given.
   *
   * @param labels one per entry of {@code order}
   * @return the mean loss of the samples before each was learnt from, in nat
   */
  public synchronized double train(CodeSet samples, int[] order, byte[] labels, Step step) {
    check(samples, order);
    checkLabels(order, labels);
    checkStep(step);
    float[] fields = {
      step.batch(),
      step.rate(),
      step.decay(),
      step.rule() == Rule.ADAM ? 1 : 0,
      step.firstTrainable()
    };
    return nativeTrain(open(), samples.codes(), order, labels, fields);
  }

  /** The class of each sample, without learning. */
  public synchronized byte[] predict(CodeSet samples, int[] order) {
    check(samples, order);
    byte[] predictions = new byte[order.length];
    nativePredict(open(), samples.codes(), order, predictions);
    return predictions;
  }

  /**
   * A learner with the weights of this floating-point one. A quantised one takes its ranges from
   * what these samples bring about.
   *
   * @param seed of its stochastic rounding
   */
  public synchronized NativeLearner copy(
      Arithmetic other, CodeSet samples, int[] calibration, long seed) {
    check(samples, calibration);
    if (arithmetic.quantised()) {
      throw new IllegalArgumentException("only a floating-point model has weights to copy");
    }
    NativeLearner copy = open(description, other, seed);
    try {
      nativeCopy(open(), copy.handle, samples.codes(), calibration);
      return copy;
    } catch (ModelException e) {
      copy.close();
      throw new ModelException("model " + description.name() + ": " + e.getMessage(), e);
    }
  }

  /** The weights as a model page, which devices are flashed with; quantised models only. */
  public synchronized byte[] exportPage() {
    if (!arithmetic.quantised()) {
      throw new IllegalArgumentException("a page holds a quantised model: copy into one first");
    }
    return nativeExport(open());
  }

  /**
   * Takes the weights of a model page.
   *
   * @throws ModelException if it is damaged, or for another model
   */
  public synchronized void loadPage(byte[] page) {
    if (!arithmetic.quantised()) {
      throw new IllegalArgumentException("a page holds a quantised model: open one for it");
    }
    nativeLoad(open(), page);
  }

  /** Bytes of RAM that the model's learner takes on a device, beside its state of fixed size. */
  public synchronized int arenaBytes() {
    return nativeArenaBytes(open());
  }

  /** Per layer with weights: its weights, structure by structure, then its biases. */
  public synchronized float[] weights() {
    return nativeWeights(open());
  }

  /** Takes weights as {@link #weights} gives them; forgets what updates have remembered. */
  public synchronized void setWeights(float[] weights) {
    if (weights.length != description.parameters()) {
      throw new IllegalArgumentException(
          "%d weights for a model of %d parameters"
              .formatted(weights.length, description.parameters()));
    }
    if (arithmetic.quantised()) {
      throw new IllegalArgumentException("a quantised model takes its weights from another: copy");
    }
    nativeSetWeights(open(), weights);
  }

  @Override
  public synchronized void close() {
    if (handle != 0) {
      nativeClose(handle);
      handle = 0;
    }
  }

  /** Codes of windows, by the firmware's own code. */
  static void codes(
      ModelDescription.Input input, short[] windows, int count, ByteBuffer out, int offset) {
    NativeAgent.loadLibrary();
    nativeCodes(input.kind().code(), input.scale(), windows, count, out, offset);
  }

  private void check(CodeSet samples, int[] order) {
    int width = description.input().shape().count();
    if (samples.width() != width) {
      throw new IllegalArgumentException(
          "samples of %d codes for a model that reads %d".formatted(samples.width(), width));
    }
    for (int index : order) {
      if (index < 0 || index >= samples.count()) {
        throw new IllegalArgumentException(
            "sample %d is not in 0..%d".formatted(index, samples.count() - 1));
      }
    }
  }

  private void checkLabels(int[] order, byte[] labels) {
    if (labels.length != order.length) {
      throw new IllegalArgumentException(
          "%d labels for %d samples".formatted(labels.length, order.length));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= description.classes()) {
        throw new IllegalArgumentException(
            "sample %d: label %d is not in 0..%d, the classes of model %s"
                .formatted(order[i], labels[i], description.classes() - 1, description.name()));
      }
    }
  }

  private void checkStep(Step step) {
    List<ModelDescription.WeightLayer> layers = description.weightLayers();
    if (step.batch() < 1 || step.batch() > ModelDescription.BATCH_MAX || !(step.rate() > 0)) {
      throw new IllegalArgumentException(
          "%s: batches have 1..%d samples, a rate is above 0"
              .formatted(step, ModelDescription.BATCH_MAX));
    }
    if (step.firstTrainable() < 0 || step.firstTrainable() >= layers.size()) {
      throw new IllegalArgumentException(
          "first trainable layer %d is not in 0..%d, the layers with weights of model %s"
              .formatted(step.firstTrainable(), layers.size() - 1, description.name()));
    }
    if (arithmetic.quantised() && step.rule() == Rule.ADAM) {
      throw new IllegalArgumentException("only a floating-point model is trained with Adam");
    }
  }

  private long open() {
    if (handle == 0) {
      throw new IllegalStateException("this learner is closed");
    }
    return handle;
  }

  private static native long nativeOpen(int[] spec, int arithmetic, long seed);

  private static native void nativeClose(long handle);

  private static native void nativeCodes(
      int input, float step, short[] samples, int count, ByteBuffer out, int offset);

  private static native double nativeTrain(
      long handle, ByteBuffer samples, int[] order, byte[] labels, float[] step);

  private static native void nativePredict(
      long handle, ByteBuffer samples, int[] order, byte[] predictions);

  private static native void nativeCopy(long from, long to, ByteBuffer samples, int[] order);

  private static native byte[] nativeExport(long handle);

  private static native void nativeLoad(long handle, byte[] page);

  private static native int nativeArenaBytes(long handle);

  private static native float[] nativeWeights(long handle);

  private static native void nativeSetWeights(long handle, float[] weights);
}
