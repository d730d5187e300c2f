package io.fqtfleet.streams;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Replaces stream threads that die, unless too many do. Called from the dying threads. */
final class ThreadDeaths implements StreamsUncaughtExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadDeaths.class);

  /** So many may be replaced within {@link #WITHIN_NS}. */
  private static final int REPLACED_MAX = 5;

  private static final long WITHIN_NS = TimeUnit.MINUTES.toNanos(10);

  private final ArrayDeque<Long> times = new ArrayDeque<>();
  private boolean tooMany;

  @Override
  public synchronized StreamThreadExceptionResponse handle(Throwable cause) {
    long now = System.nanoTime();
    times.addLast(now);
    while (now - times.peekFirst() > WITHIN_NS) {
      times.removeFirst();
    }
    if (times.size() <= REPLACED_MAX) {
      LOG.error("a stream thread died and is replaced", cause);
      return StreamThreadExceptionResponse.REPLACE_THREAD;
    }
    tooMany = true;
    LOG.error("stream threads died too often; the service stops", cause);
    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  synchronized boolean tooMany() {
    return tooMany;
  }
}
