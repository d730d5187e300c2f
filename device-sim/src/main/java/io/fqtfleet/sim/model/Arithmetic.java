package io.fqtfleet.sim.model;

import java.util.Locale;

/** In which numbers a model learns. */
public enum Arithmetic {
  /** The published method: weights, activations and errors of 8 bits, one scale per tensor. */
  UINT8(0),
  /** Ours: finer steps of weights and errors; {@code firmware/core/README.md}. */
  FINE(1),
  /** Floating point on the host: what the other two are measured against. */
  FLOAT(2);

  private final int code;

  Arithmetic(int code) {
    this.code = code;
  }

  /** As in {@code enum fqt_mode}, and 2 for floating point. */
  int code() {
    return code;
  }

  boolean quantised() {
    return this != FLOAT;
  }

  /** As written in descriptions and tables. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
