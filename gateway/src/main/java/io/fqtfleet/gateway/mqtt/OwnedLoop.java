package io.fqtfleet.gateway.mqtt;

import io.fqtfleet.gateway.ops.PacedWarning;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one connection open for as long as this gateway owns it; one thread.
 *
 * <pre>
 *          own              opened               lost, failed
 *   IDLE ------> CONNECTING ------> SERVING ----------------------> WAITING --+
 *    ^               ^                 | taken over (0x8E)            |       |
 *    |               |                 v                              |       |
 *    |               +----------- UNCONFIRMED   membership confirmed  |       |
 *    |               +------------------------------------------------+ delay |
 *    +--- disown, from every state; close ends the thread --------------------+
 * </pre>
 */
public final class OwnedLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnedLoop.class);
  private static final long DISOWN_TIMEOUT_MS = 3_000;

  /** Where the loop is. */
  public enum State {
    IDLE,
    CONNECTING,
    SERVING,
    WAITING,
    UNCONFIRMED
  }

  /** Why a connection serves no more. */
  public enum Cause {
    DISOWNED,
    TAKEN_OVER,
    FAILED
  }

  /** The end of a connection. */
  public record Ending(Cause cause, String words) {}

  /** Tells the loop that the connection serves no more; the first call counts. */
  public static final class EndSignal {
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    public void end(Cause cause, String words) {
      ending.complete(new Ending(cause, words));
    }

    private Ending await() throws InterruptedException {
      try {
        return ending.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("an end signal never fails", e);
      }
    }
  }

  /** What is done with the connection. */
  public interface Duty {
    /**
     * Connects and begins to serve; what is returned is closed at the end.
     *
     * @throws Exception if a peer isn't there; tried again after a delay
     */
    AutoCloseable open(EndSignal signal) throws Exception;
  }

  /**
   * Before the first connect of a connection that was another gateway's a moment ago. Artemis puts
   * what its old connection had not acknowledged back into the queue after that connection's end,
   * in a task of its own; who connects before that gets later messages first.
   */
  private static final long SETTLE_MS = 300;

  private final String name;
  private final Duty duty;
  private final Backoff backoff;
  private final BooleanSupplier confirmed;
  private final Thread thread;
  private final PacedWarning warning;

  private boolean owned;
  private boolean closed;
  private State state = State.IDLE;
  private String trouble = "not connected yet";
  private EndSignal current = new EndSignal();
  private boolean newlyOwned;

  /**
   * @param confirmed asks the group whether this gateway still owns the connection; may block for
   *     some seconds
   */
  public OwnedLoop(String name, Duty duty, Backoff backoff, BooleanSupplier confirmed) {
    this.name = name;
    this.duty = duty;
    this.backoff = backoff;
    this.confirmed = confirmed;
    this.warning = new PacedWarning(LOG);
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  public synchronized void own() {
    owned = true;
    notifyAll();
  }

  /** Ends the connection; {@link #awaitIdle} waits until it is closed. */
  public synchronized void disown() {
    owned = false;
    current.end(Cause.DISOWNED, "this gateway no longer owns it");
    notifyAll();
  }

  /** Waits until a disowned connection is closed, but for some seconds at most. */
  public synchronized void awaitIdle() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DISOWN_TIMEOUT_MS);
    try {
      while (state != State.IDLE && !owned) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (leftMs <= 0) {
          LOG.warn("link={} still closing after {} ms", name, DISOWN_TIMEOUT_MS);
          return;
        }
        wait(leftMs);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public synchronized boolean owned() {
    return owned;
  }

  public synchronized State state() {
    return state;
  }

  /** Null while all is well, else a sentence about what is being waited for. */
  public synchronized String trouble() {
    return owned && state != State.SERVING ? name + ": " + trouble : null;
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      disown();
    }
    try {
      thread.join(DISOWN_TIMEOUT_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    EndSignal signal = nextOwned();
    while (signal != null) {
      serve(signal);
      signal = nextOwned();
    }
  }

  private void serve(EndSignal signal) {
    Ending ending;
    long servingSince = 0;
    if (newlyOwned) {
      newlyOwned = false;
      pause(SETTLE_MS);
    }
    try (AutoCloseable serving = duty.open(signal)) {
      servingSince = System.nanoTime();
      enter(State.SERVING, null);
      LOG.info("link={} serving", name);
      ending = signal.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ending = new Ending(Cause.DISOWNED, "interrupted");
      disown();
    } catch (Exception e) {
      ending = new Ending(Cause.FAILED, e.getMessage() == null ? e.toString() : e.getMessage());
      LOG.debug("link={} failed", name, e);
    }
    if (servingSince != 0
        && System.nanoTime() - servingSince > TimeUnit.MILLISECONDS.toNanos(backoff.maxMs())) {
      backoff.reset();
    }
    recover(ending);
  }

  private void recover(Ending ending) {
    if (ending.cause() == Cause.DISOWNED) {
      LOG.info("link={} closed: {}", name, ending.words());
      return;
    }
    warning.say("link={} waits: {}", name, ending.words());
    if (ending.cause() == Cause.TAKEN_OVER) {
      enter(State.UNCONFIRMED, "taken over by another client; asking the group who owns it");
      while (owned() && !confirmed.getAsBoolean()) {
        LOG.info("link={} membership not confirmed", name);
        pause(backoff.nextMs());
      }
    } else {
      enter(State.WAITING, ending.words());
    }
    pause(backoff.nextMs());
  }

  private synchronized void enter(State next, String words) {
    state = next;
    trouble = words == null ? "" : words;
    notifyAll();
  }

  /** A delay that ends early when ownership ends. */
  private synchronized void pause(long ms) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    try {
      long leftMs = ms;
      while (owned && leftMs > 0) {
        wait(leftMs);
        leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      disown();
    }
  }

  /** Waits until owned; null when closed. */
  private synchronized EndSignal nextOwned() {
    if (!owned) {
      enter(State.IDLE, "not owned");
    }
    try {
      while (!owned && !closed) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
    if (closed) {
      return null;
    }
    if (state == State.IDLE) {
      enter(State.CONNECTING, "connecting");
      newlyOwned = true;
    } else {
      state = State.CONNECTING;
    }
    current = new EndSignal();
    return current;
  }
}
