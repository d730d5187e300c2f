package io.fqtfleet.streams.round;

import io.fqtfleet.streams.drift.Part;

/**
 * How the shards of a cohort decide one round together. Each runs the same steps on its own devices
 * and on the same memory of the cohort; wherever a step asks for something of all devices, it gets
 * the sum of all shards' summaries, which is the same for all. So all come to the same verdict.
 */
public interface Exchange {
  /** A cohort that is one shard. */
  Exchange NONE =
      new Exchange() {
        @Override
        public <T extends Part<T>> T sum(Summary kind, T own) {
          return own;
        }

        @Override
        public boolean speaks() {
          return true;
        }
      };

  /**
   * The sum of all shards' summaries. Every shard asks for the same kinds in the same order.
   *
   * @param own of this shard
   */
  <T extends Part<T>> T sum(Summary kind, T own);

  /** True for the one shard that tells what is decided on the cohort. */
  boolean speaks();
}
