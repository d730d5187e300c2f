package io.fqtfleet.streams.drift;

import java.io.DataOutput;
import java.io.IOException;

/**
 * What is known of a part of a cohort, of bounded size. Parts add up to what is known of the whole:
 * neither their order nor how the devices were split matters, to the bit.
 */
public interface Part<T> {
  /** Adds the other one to this one; gives this one. */
  T merge(T other);

  /** All of it, for another process to add. */
  void write(DataOutput out) throws IOException;
}
