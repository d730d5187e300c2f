package io.fqtfleet.sim.signal;

/**
 * Which class each window has: every block of {@code classes} windows holds each class once, in an
 * order of its own, so classes are balanced and the j-th window of a class is known by its index.
 */
final class ClassSequence {
  private final long seed;
  private final int[] order;
  private final Chance chance = new Chance(0);
  private long shuffledBlock = -1;

  ClassSequence(long seed, int classes) {
    this.seed = Chance.seed(seed, "classes");
    this.order = new int[classes];
  }

  int classAt(long index) {
    long block = block(index);
    if (block != shuffledBlock) {
      shuffle(block);
      shuffledBlock = block;
    }
    return order[(int) (index % order.length)];
  }

  /** Number of earlier windows of the same class. */
  long block(long index) {
    return index / order.length;
  }

  private void shuffle(long block) {
    chance.restart(Chance.seed(seed, block));
    for (int i = 0; i < order.length; i++) {
      int j = chance.below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }
}
