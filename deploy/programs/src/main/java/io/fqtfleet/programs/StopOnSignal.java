package io.fqtfleet.programs;

import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C interrupts the thread that runs a program, so that it stops what it started in good order;
 * the process waits for it.
 */
public final class StopOnSignal {
  private static final long STOP_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(40);

  private static volatile boolean stopping;

  private StopOnSignal() {}

  /** True once a signal has come: the process ends by itself, System.exit would wait for ever. */
  static boolean stopping() {
    return stopping;
  }

  /** For the calling thread; {@link #remove} it when there is nothing left to stop. */
  public static Thread install() {
    Thread program = Thread.currentThread();
    Thread hook =
        new Thread(
            () -> {
              stopping = true;
              program.interrupt();
              try {
                program.join(STOP_TIMEOUT_MS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    return hook;
  }

  public static void remove(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException stopping) {
      // The hook is running: it waits for this thread, which must simply go on to its end.
      Thread.interrupted();
    }
  }
}
