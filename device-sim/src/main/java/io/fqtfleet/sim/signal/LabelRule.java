package io.fqtfleet.sim.signal;

/**
 * What a device is told of a window's true class: nothing, the class, or now and then a wrong one.
 *
 * @param seed of the device
 * @param classes number of classes
 * @param share of windows that carry a label, 0..1
 * @param wrongShare of the labels that are wrong from {@code wrongFrom} on, 0..1
 * @param wrongFrom first window with wrong labels
 * @param wrongUntil first window with right labels again
 */
public record LabelRule(
    long seed, int classes, double share, double wrongShare, long wrongFrom, long wrongUntil) {
  public static final byte NONE = -1;

  /** Right labels only. */
  public static LabelRule right(long seed, int classes, double share) {
    return new LabelRule(seed, classes, share, 0, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /** The label that goes with window {@code index}, or {@link #NONE}. */
  public byte label(long index, int trueClass) {
    Chance chance = new Chance(Chance.seed(seed, index));
    if (chance.uniform() >= share) {
      return NONE;
    }
    boolean noisy = index >= wrongFrom && index < wrongUntil;
    if (noisy && chance.uniform() < wrongShare) {
      return (byte) ((trueClass + 1 + chance.below(classes - 1)) % classes);
    }
    return (byte) trueClass;
  }
}
