package io.fqtfleet.gateway.ops;

import java.time.Duration;
import org.slf4j.Logger;

/** A WARN line at most every ten seconds, with the number of those left out. Any thread. */
public final class PacedWarning {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final Logger log;
  private long lastNanos;
  private long leftOut;
  private boolean said;

  public PacedWarning(Logger log) {
    this.log = log;
  }

  /** {@code format} takes two arguments. */
  public synchronized void say(String format, Object first, Object second) {
    long now = System.nanoTime();
    if (said && now - lastNanos < INTERVAL_NANOS) {
      leftOut++;
      return;
    }
    said = true;
    lastNanos = now;
    log.warn(format + " (left out since the last such line: {})", first, second, leftOut);
    leftOut = 0;
  }
}
