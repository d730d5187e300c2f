package io.fqtfleet.sim.model;

import io.fqtfleet.sim.device.NativeAgent;
import io.fqtfleet.sim.model.ModelDescription.InputKind;
import java.nio.ByteBuffer;

/**
 * Samples as a model reads them: {@link #width} uint8 codes each, made from windows by the
 * firmware's own code, outside the Java heap so that native calls read them in place.
 *
 * <p>Filled by one thread, then read by any number.
 */
public final class CodeSet {
  private final ModelDescription.Input input;
  private final int width;
  private final int count;
  private final ByteBuffer codes;

  /** Room for that many samples. */
  public CodeSet(ModelDescription.Input input, int count) {
    this.input = input;
    this.width = input.shape().count();
    this.count = count;
    this.codes = ByteBuffer.allocateDirect(Math.multiplyExact(width, count));
  }

  public int count() {
    return count;
  }

  /** Codes of one sample. */
  public int width() {
    return width;
  }

  /** int16 values that one sample is made of; 0 if samples are codes already. */
  public int windowSamples() {
    return switch (input.kind()) {
      case SPECTRA -> NativeAgent.WINDOW;
      case WINDOW -> width;
      case CODES -> 0;
    };
  }

  /** Samples {@code first...} from int16 windows, one after the other, channels interleaved. */
  public void putWindows(int first, short[] windows, int windowCount) {
    if (input.kind() == InputKind.CODES) {
      throw new IllegalArgumentException("this model reads codes, no windows");
    }
    checkRange(first, windowCount);
    if (windows.length != windowCount * (long) windowSamples()) {
      throw new IllegalArgumentException(
          "%d samples are no %d windows of %d"
              .formatted(windows.length, windowCount, windowSamples()));
    }
    NativeLearner.codes(input, windows, windowCount, codes, first * width);
  }

  /** One sample of codes. */
  public void putCodes(int index, byte[] sample) {
    checkRange(index, 1);
    if (sample.length != width) {
      throw new IllegalArgumentException(
          "%d codes are no sample of %d".formatted(sample.length, width));
    }
    codes.duplicate().position(index * width).put(sample);
  }

  private void checkRange(int first, int length) {
    if (first < 0 || length < 0 || first > count - length) {
      throw new IllegalArgumentException(
          "samples %d..%d are not in 0..%d".formatted(first, first + length - 1, count - 1));
    }
  }

  ByteBuffer codes() {
    return codes;
  }
}
