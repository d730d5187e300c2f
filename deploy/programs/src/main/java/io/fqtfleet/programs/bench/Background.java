package io.fqtfleet.programs.bench;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A thread of its own name for one task after another. It lives on between them, so that its CPU
 * time can still be read after a task.
 */
final class Background implements AutoCloseable {
  /** What it does. */
  interface Task {
    void run() throws Exception;
  }

  private final ExecutorService executor;
  private Future<?> running;

  Background(String name) {
    executor =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  void start(Task task) {
    running =
        executor.submit(
            () -> {
              task.run();
              return null;
            });
  }

  /** Throws what the task threw, if it has ended so. */
  void check() throws Exception {
    if (running.isDone()) {
      join();
    }
  }

  void join() throws Exception {
    try {
      running.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
