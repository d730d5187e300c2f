package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * One alarm per incident: an incident stays open until {@code quietRows} rows have passed without
 * the inner detector raising an alarm.
 */
final class LatchedDetector implements Detector {
  private final Detector inner;
  private final int quietRows;
  private int quietLeft;

  LatchedDetector(Detector inner, int quietRows) {
    this.inner = inner;
    this.quietRows = quietRows;
  }

  @Override
  public boolean add(double value) {
    return latch(inner.add(value));
  }

  @Override
  public boolean addCounts(long errors, long samples) {
    return samples > 0 && latch(inner.addCounts(errors, samples));
  }

  private boolean latch(boolean alarm) {
    boolean open = quietLeft > 0;
    quietLeft = alarm ? quietRows : Math.max(0, quietLeft - 1);
    return alarm && !open;
  }

  @Override
  public double statistic() {
    return inner.statistic();
  }

  @Override
  public double threshold() {
    return inner.threshold();
  }

  @Override
  public long onset() {
    return inner.onset();
  }

  @Override
  public void restart() {
    inner.restart();
    quietLeft = 0;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(quietLeft);
    inner.write(out);
  }

  @Override
  public void read(DataInput in) throws IOException {
    quietLeft = in.readInt();
    inner.read(in);
  }
}
