package io.fqtfleet.sim.signal;

/**
 * A sensor's windows with their true classes. A window is a function of its index alone, so any
 * order of calls, and any number of threads on sources of their own, gives the same samples.
 *
 * <p>One source is used by one thread at a time.
 */
public interface SampleSource {
  /** Raw samples of one window. */
  int WINDOW = 512;

  /** Number of classes; the true class is in 0..classes-1. */
  int classes();

  /**
   * Writes window {@code index} (0, 1, 2 ...) to {@code out[offset .. offset + 511]}.
   *
   * @return its true class
   */
  int window(long index, short[] out, int offset);

  /**
   * False once a finite source has to hand out a window for a second time: accuracy on it is no
   * longer accuracy on unseen windows.
   */
  default boolean fresh(long index) {
    return true;
  }
}
