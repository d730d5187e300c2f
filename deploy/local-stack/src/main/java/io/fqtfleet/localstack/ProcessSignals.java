package io.fqtfleet.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/** Signals that Java cannot send itself. */
final class ProcessSignals {
  private static final long TIMEOUT_S = 5;

  private ProcessSignals() {}

  /** The shell's own kill: it is there on every system that has a shell. */
  static void send(String signal, Process to) {
    try {
      Process kill =
          new ProcessBuilder("sh", "-c", "kill -" + signal + " " + to.pid())
              .redirectErrorStream(true)
              .start();
      if (!kill.waitFor(TIMEOUT_S, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        String said = new String(kill.getInputStream().readAllBytes());
        throw new IllegalStateException(
            "SIG%s was not sent to process %d: %s".formatted(signal, to.pid(), said.strip()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no shell to send SIG" + signal, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while SIG" + signal + " was sent", e);
    }
  }
}
