package io.fqtfleet.gateway.mqtt;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Doubling delays between two bounds, each drawn from its upper half. Used by one thread. */
public final class Backoff {
  private final long minMs;
  private final long maxMs;
  private final RandomGenerator random;
  private long ceilingMs;

  public Backoff(Duration min, Duration max, RandomGenerator random) {
    this.minMs = min.toMillis();
    this.maxMs = max.toMillis();
    this.random = random;
    this.ceilingMs = minMs;
  }

  public long nextMs() {
    long ceiling = ceilingMs;
    ceilingMs = Math.min(maxMs, ceilingMs * 2);
    return ceiling / 2 + random.nextLong(ceiling / 2 + 1);
  }

  public void reset() {
    ceilingMs = minMs;
  }

  /** Service that lasted this long shows that the cause of earlier failures is gone. */
  public long maxMs() {
    return maxMs;
  }
}
