package io.fqtfleet.sim.signal;

/** How the world changes from one domain to another. */
public enum DriftProfile {
  /** From one window to the next. */
  ABRUPT,
  /** Windows of the new domain become more likely over the span. */
  GRADUAL,
  /** The domain's values move over the span; only where the source can go between two domains. */
  INCREMENTAL,
  /** Back and forth, one span in each domain. */
  RECURRING,
  /** There and back along a cosine, for ever: one span until the new domain is all there is. */
  SEASONAL
}
