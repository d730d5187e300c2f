package io.fqtfleet.programs.report;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Spreads independent runs over the processors; results come in the order of their numbers. */
public final class Workers implements AutoCloseable {
  private final ExecutorService threads;
  private final PrintStream out;

  public Workers(int count, PrintStream out) {
    this.threads = Executors.newFixedThreadPool(count);
    this.out = out;
  }

  public <T> List<T> map(int count, IntFunction<T> work) {
    List<Future<T>> futures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      futures.add(threads.submit(() -> work.apply(number)));
    }
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> future : futures) {
        results.add(future.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while runs were under way", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("a run failed: " + e.getCause(), e.getCause());
    }
    return results;
  }

  /** Progress, for a person who waits. */
  public void say(String line) {
    out.println("  " + line);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
