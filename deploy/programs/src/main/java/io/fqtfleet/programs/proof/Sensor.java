package io.fqtfleet.programs.proof;

import io.fqtfleet.sim.signal.LabelRule;
import io.fqtfleet.sim.signal.SampleSource;

/** One device's sensor; its windows are made once and given to the device of every controller. */
final class Sensor {
  private final SampleSource source;
  private final LabelRule labels;
  private long next;

  /**
   * Some windows in their order.
   *
   * @param first index of the first one
   * @param labels what the devices are told
   * @param judged counts for the accuracy: never handed out before, and its label is right
   */
  record Block(long first, short[] samples, byte[] labels, boolean[] judged) {
    int count() {
      return labels.length;
    }
  }

  Sensor(SampleSource source, LabelRule labels) {
    this.source = source;
    this.labels = labels;
  }

  Block next(int count) {
    short[] samples = new short[count * SampleSource.WINDOW];
    byte[] given = new byte[count];
    boolean[] judged = new boolean[count];
    for (int i = 0; i < count; i++) {
      long index = next + i;
      int truth = source.window(index, samples, i * SampleSource.WINDOW);
      given[i] = labels.label(index, truth);
      judged[i] = given[i] == truth && source.fresh(index);
    }
    Block block = new Block(next, samples, given, judged);
    next += count;
    return block;
  }
}
