package io.fqtfleet.streams.drift;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Watches one column of numbers and says when they are no longer what they were.
 *
 * <p>A detector that has raised an alarm starts afresh with the next value, except ADWIN as MOA
 * reads it, which only drops the old part of its window. Rows count from 0. No update allocates.
 * Not safe for use by several threads.
 */
public interface Detector {
  /**
   * Tests one value, then learns from it.
   *
   * @return true if this value raises an alarm
   * @throws IllegalArgumentException if the value lies outside of what the detector is for
   */
  boolean add(double value);

  /**
   * Tests one report of a device. Detectors that know no counts see the share of errors.
   *
   * @param errors 0..samples
   * @param samples 0 = nothing happens
   */
  default boolean addCounts(long errors, long samples) {
    return samples > 0 && add((double) errors / samples);
  }

  /** What is held against {@link #threshold()}; NaN before there is enough data. */
  double statistic();

  /** An alarm means that the statistic reached this; it may change with the data. */
  double threshold();

  /** Row at which the change is thought to have begun; meaningful right after an alarm. */
  long onset();

  /** Forgets everything except how many rows there were. */
  void restart();

  /** Stores the whole state, so that {@link #read} goes on bit by bit as if nothing happened. */
  void write(DataOutput out) throws IOException;

  /** Restores what a detector of the same kind and settings has written. */
  void read(DataInput in) throws IOException;

  /** Refuses a value outside [0, 1]. */
  static void requireUnit(double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("value " + value + " is not in 0..1");
    }
  }

  /** Refuses NaN and the infinities. */
  static void requireFinite(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("value " + value + " is not a finite number");
    }
  }
}
