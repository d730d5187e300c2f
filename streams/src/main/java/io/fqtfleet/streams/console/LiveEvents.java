package io.fqtfleet.streams.console;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Server-sent events to those who watch. A watcher that does not keep up is cut off; its browser
 * comes again and loads what it missed. Any thread; nobody who tells is ever held up.
 */
final class LiveEvents implements AutoCloseable {
  static final int WATCHERS_MAX = 64;
  private static final int WAITING_MAX = 512;

  /** A page that hears nothing for longer than three of these says that it is cut off. */
  private static final long BEAT_MS = 3_000;

  private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
  private final Supplier<String> beat;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "console-beat");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * @param beat what is told with each beat, as JSON
   */
  LiveEvents(Supplier<String> beat) {
    this.beat = beat;
    clock.scheduleWithFixedDelay(this::beat, BEAT_MS, BEAT_MS, TimeUnit.MILLISECONDS);
  }

  /** One open page. */
  private final class Watcher {
    private final Response response;
    private final Callback callback;
    private final Set<String> cohorts;
    private final Deque<String> waiting = new ArrayDeque<>();
    private boolean writing;

    /** Nothing more is taken; what waits is still written. */
    private boolean over;

    /** The last write has begun. */
    private boolean closed;

    Watcher(Response response, Callback callback, Set<String> cohorts) {
      this.response = response;
      this.callback = callback;
      this.cohorts = cohorts;
    }

    void tell(String event) {
      synchronized (this) {
        if (over) {
          return;
        }
        if (waiting.size() >= WAITING_MAX) {
          waiting.clear();
          over = true;
        } else {
          waiting.add(event);
        }
      }
      pump();
    }

    void pump() {
      String text;
      boolean last;
      synchronized (this) {
        if (writing || closed || waiting.isEmpty() && !over) {
          return;
        }
        text = String.join("", waiting);
        waiting.clear();
        writing = true;
        last = over;
        closed = last;
      }
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      response.write(last, bytes, Callback.from(() -> written(last), this::end));
    }

    private void written(boolean last) {
      if (last) {
        watchers.remove(this);
        callback.succeeded();
        return;
      }
      synchronized (this) {
        writing = false;
      }
      pump();
    }

    private void end(Throwable failure) {
      watchers.remove(this);
      callback.failed(failure);
    }

    void finish() {
      synchronized (this) {
        over = true;
      }
      pump();
    }
  }

  /** False if there are too many already. */
  boolean open(Response response, Callback callback, Set<String> cohorts) {
    if (watchers.size() >= WATCHERS_MAX) {
      return false;
    }
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    Watcher watcher = new Watcher(response, callback, cohorts);
    watchers.add(watcher);
    watcher.tell("retry: 2000\n" + event("beat", beat.get()));
    return true;
  }

  /** To those who watch this cohort. */
  void cohort(String name, String json) {
    String event = event("cohort", json);
    for (Watcher watcher : watchers) {
      if (watcher.cohorts.contains(name)) {
        watcher.tell(event);
      }
    }
  }

  void all(String kind, String json) {
    String event = event(kind, json);
    watchers.forEach(watcher -> watcher.tell(event));
  }

  void beat() {
    all("beat", beat.get());
  }

  /** JSON has no raw line ends, so one data line holds it. */
  private static String event(String kind, String json) {
    return "event: " + kind + "\ndata: " + json + "\n\n";
  }

  @Override
  public void close() {
    clock.shutdownNow();
    watchers.forEach(Watcher::finish);
  }
}
