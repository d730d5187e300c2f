package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Errors of labelled samples over some reports, with what their dispersion needs. */
final class Tally {
  long errors;
  long samples;
  long reports;

  /** Sum of k²/n over the reports. */
  double ratioSum;

  void add(long k, long n) {
    errors += k;
    samples += n;
    reports++;
    ratioSum += (double) k * k / n;
  }

  void add(Tally other) {
    errors += other.errors;
    samples += other.samples;
    reports += other.reports;
    ratioSum += other.ratioSum;
  }

  void clear() {
    set(0, 0, 0, 0);
  }

  void takeFrom(Tally other) {
    set(other.errors, other.samples, other.reports, other.ratioSum);
    other.clear();
  }

  private void set(long newErrors, long newSamples, long newReports, double newRatioSum) {
    errors = newErrors;
    samples = newSamples;
    reports = newReports;
    ratioSum = newRatioSum;
  }

  double mean() {
    return samples == 0 ? Double.NaN : (double) errors / samples;
  }

  /**
   * Pearson's X² = Σ(k - n·p)² / (n·p·(1-p)) around the mean p over its expectation, pulled towards
   * 1 by {@code prior} reports that show no dispersion; never below 1.
   */
  double dispersion(double prior) {
    double p = mean();
    if (reports < 2 || !(p > 0 && p < 1)) {
      return 1;
    }
    double square = ratioSum - 2 * p * errors + p * p * samples;
    return Math.max(1, (prior + square / (p * (1 - p))) / (prior + reports));
  }

  void write(DataOutput out) throws IOException {
    out.writeLong(errors);
    out.writeLong(samples);
    out.writeInt((int) Math.min(Integer.MAX_VALUE, reports));
    out.writeFloat((float) ratioSum);
  }

  static Tally read(DataInput in) throws IOException {
    Tally tally = new Tally();
    long errors = in.readLong();
    long samples = in.readLong();
    long reports = in.readInt();
    tally.set(errors, samples, reports, in.readFloat());
    return tally;
  }
}
