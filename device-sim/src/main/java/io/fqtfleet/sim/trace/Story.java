package io.fqtfleet.sim.trace;

/** What the devices of one cohort live through, in steps. Shared by all of them; many threads. */
interface Story {
  int layers();

  /** How many situations there are; each device keeps how far it has adapted to each. */
  int situations();

  /**
   * In which one a device is.
   *
   * @param number of the device in its cohort
   * @param trained windows trained on, by situation
   * @param chance 0..1, of this step
   */
  int situation(long fleetMs, int number, float[] trained, double chance);

  /**
   * The first step of a device.
   *
   * @param random 0 or more, of this device
   */
  default int firstCursor(int random) {
    return random;
  }

  /** Time of a step. */
  long durationMs(int number, int cursor);

  /** A step without training. */
  long[] calm(int situation, int number, double trained, int cursor);

  /** The same with training as far as it goes. */
  long[] training(int situation, int number, double trained, int cursor);
}
