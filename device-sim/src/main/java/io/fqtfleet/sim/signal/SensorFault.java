package io.fqtfleet.sim.signal;

/** How a sensor breaks. */
public enum SensorFault {
  /** It repeats one value for ever. */
  STUCK,
  /** A constant is added: magnitude in g. */
  OFFSET,
  /** White noise is added: magnitude = its deviation in g. */
  NOISE,
  /** The signal is multiplied by the magnitude. */
  GAIN
}
