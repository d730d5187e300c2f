package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Part;
import io.fqtfleet.streams.drift.Signal;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** The devices that stand out, as numbers. */
final class Standouts implements Part<Standouts> {
  /** What is counted; references in 4096th parts of a sample. */
  private enum Count {
    SUSPECTS,
    /** Of those, beyond doubt. */
    SURE,
    /** Of those, by their labelled error. */
    ERRING,
    ERRORS,
    SAMPLES,
    /** Of all devices, those over their own threshold. */
    ALARMING
  }

  private static final double UNITS = 1 << 12;

  private final Longs counts;
  private String first = "";
  private Signal strongest = Signal.ERROR;
  private double logEvidence = LogSpace.ZERO;
  private long onsetMs = Long.MAX_VALUE;

  private Standouts(Longs counts) {
    this.counts = counts;
  }

  Standouts() {
    this(new Longs(new long[Count.values().length]));
  }

  private void add(Count count, long value) {
    counts.add(count.ordinal(), value);
  }

  private long get(Count count) {
    return counts.get(count.ordinal());
  }

  void addAlarming() {
    add(Count.ALARMING, 1);
  }

  /**
   * @param errs its labelled error is what is wrong with it
   * @param other its other signal with the most evidence
   */
  void add(CohortRound.Member member, double evidence, boolean sure, boolean errs, Signal other) {
    add(Count.SUSPECTS, 1);
    add(Count.SURE, sure ? 1 : 0);
    add(Count.ERRING, errs ? 1 : 0);
    if (first.isEmpty() || member.device().compareTo(first) < 0) {
      first = member.device();
      strongest = other;
    }
    logEvidence = Math.max(logEvidence, evidence);
  }

  void addReference(double errors, double samples, long onset) {
    add(Count.ERRORS, Math.round(errors * UNITS));
    add(Count.SAMPLES, Math.round(samples * UNITS));
    onsetMs = Math.min(onsetMs, onset);
  }

  int suspects() {
    return (int) get(Count.SUSPECTS);
  }

  boolean anySure() {
    return get(Count.SURE) > 0;
  }

  boolean anyAlarming() {
    return get(Count.ALARMING) > 0;
  }

  /** What most of them are measured by. */
  Signal lead() {
    return 2 * get(Count.ERRING) >= suspects() ? Signal.ERROR : strongest;
  }

  double errors() {
    return get(Count.ERRORS) / UNITS;
  }

  double samples() {
    return get(Count.SAMPLES) / UNITS;
  }

  /** ln of the most evidence that one of them has; of nobody ln 0. */
  double logEvidence() {
    return logEvidence;
  }

  long onsetMs() {
    return onsetMs;
  }

  @Override
  public Standouts merge(Standouts other) {
    counts.merge(other.counts);
    if (first.isEmpty() || !other.first.isEmpty() && other.first.compareTo(first) < 0) {
      first = other.first;
      strongest = other.strongest;
    }
    logEvidence = Math.max(logEvidence, other.logEvidence);
    onsetMs = Math.min(onsetMs, other.onsetMs);
    return this;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    counts.write(out);
    out.writeUTF(first);
    out.writeByte(strongest.ordinal());
    out.writeDouble(logEvidence);
    out.writeLong(onsetMs);
  }

  static Standouts read(DataInput in) throws IOException {
    Standouts all = new Standouts(Longs.read(in));
    all.first = in.readUTF();
    all.strongest = Signal.values()[in.readByte()];
    all.logEvidence = in.readDouble();
    all.onsetMs = in.readLong();
    return all;
  }
}
