package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Two detectors on one column: an alarm of either is one, and both start anew. One may be sure of
 * sudden changes while the other adds up slow ones that never stand out.
 */
final class EitherDetector implements Detector {
  private final Detector first;
  private final Detector second;
  private boolean secondAlarmed;

  EitherDetector(Detector first, Detector second) {
    this.first = first;
    this.second = second;
  }

  @Override
  public boolean add(double value) {
    return decide(first.add(value), second.add(value));
  }

  @Override
  public boolean addCounts(long errors, long samples) {
    return samples > 0
        && decide(first.addCounts(errors, samples), second.addCounts(errors, samples));
  }

  private boolean decide(boolean one, boolean other) {
    if (one || other) {
      secondAlarmed = !one;
      // Whichever alarmed starts anew by itself and still knows its onset.
      (one ? second : first).restart();
    }
    return one || other;
  }

  /** The larger of the two, each as a share of its threshold. */
  @Override
  public double statistic() {
    double one = first.statistic() / first.threshold();
    double other = second.statistic() / second.threshold();
    return Double.isNaN(one) || other > one ? other : one;
  }

  @Override
  public double threshold() {
    return 1;
  }

  @Override
  public long onset() {
    return secondAlarmed ? second.onset() : first.onset();
  }

  @Override
  public void restart() {
    first.restart();
    second.restart();
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeBoolean(secondAlarmed);
    first.write(out);
    second.write(out);
  }

  @Override
  public void read(DataInput in) throws IOException {
    secondAlarmed = in.readBoolean();
    first.read(in);
    second.read(in);
  }
}
