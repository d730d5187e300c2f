package io.fqtfleet.streams.alerting;

import java.util.Random;

/** Waits between attempts: doubled each time up to a limit, and spread so that peers don't meet. */
final class Backoff {
  static final long FIRST_MS = 500;
  static final long MOST_MS = 30_000;

  private final Random random;
  private int failures;

  Backoff(Random random) {
    this.random = random;
  }

  /** Between a half and the whole of the wait that is due. */
  long nextMs() {
    long wait = Math.min(MOST_MS, FIRST_MS << Math.min(failures, 10));
    failures++;
    return wait / 2 + (long) (random.nextDouble() * wait / 2);
  }

  void succeeded() {
    failures = 0;
  }
}
