package io.fqtfleet.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program of this class path in a JVM of its own, that can be paused (SIGSTOP) and killed
 * (SIGKILL). It is asked to end by closing its standard input, which also happens when this JVM
 * dies: the program must watch it, {@link #endWithParent}.
 */
public final class ChildJvm implements AutoCloseable {
  private static final String LOGGING = "classpath:io/fqtfleet/localstack/child-log4j2.xml";
  private static final long STOP_TIMEOUT_MS = 20_000;
  private static final long POLL_MS = 50;
  private static final int SAID_CHARS_MAX = 2_000;

  private final String name;
  private final Path output;
  private final Process process;

  /**
   * What is run.
   *
   * @param name for messages
   * @param options of the JVM
   * @param environment in addition to this process' own
   * @param output file that takes both output streams, appended to
   */
  public record Program(
      String name,
      Class<?> main,
      List<String> options,
      List<String> arguments,
      Map<String, String> environment,
      Path output) {}

  /** Starts it and returns at once. */
  public ChildJvm(Program program) {
    this.name = program.name();
    this.output = program.output();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Short lives on a busy machine: start quickly, stay small.
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    command.add("-Dlog4j2.configurationFile=" + LOGGING);
    command.addAll(program.options());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(program.main().getName());
    command.addAll(program.arguments());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.environment().putAll(program.environment());
    try {
      Files.createDirectories(output.toAbsolutePath().getParent());
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " did not start: " + command, e);
    }
  }

  /** To be called by the child first of all: its JVM ends in good order when its parent does. */
  public static void endWithParent() {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  continue;
                }
              } catch (IOException e) {
                // As good as its end.
                System.exit(0);
              }
              System.exit(0);
            },
            "end-with-parent");
    watch.setDaemon(true);
    watch.start();
  }

  /** Waits until something is so; fails with what the program said if it ends meanwhile. */
  public void await(java.util.function.BooleanSupplier ready, long timeoutMs) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    while (!ready.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        boolean alive = process.isAlive();
        kill();
        throw new IllegalStateException(
            "%s %s; it said: %s"
                .formatted(
                    name, alive ? "is not ready after " + timeoutMs + " ms" : "ended", said()));
      }
      try {
        Thread.sleep(POLL_MS);
      } catch (InterruptedException e) {
        kill();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while " + name + " started", e);
      }
    }
  }

  public boolean alive() {
    return process.isAlive();
  }

  public long pid() {
    return process.pid();
  }

  /** Freezes every thread (SIGSTOP); its sockets stay open. */
  public void pause() {
    ProcessSignals.send("STOP", process);
  }

  /** Ends {@link #pause} (SIGCONT). */
  public void resume() {
    ProcessSignals.send("CONT", process);
  }

  /** SIGKILL: no last word, nothing is saved. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd(STOP_TIMEOUT_MS);
  }

  /** Lets it end in good order. */
  public void stop() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended already.
      process.destroy();
    }
    if (!awaitEnd(STOP_TIMEOUT_MS)) {
      kill();
      throw new IllegalStateException(
          "%s did not stop in %d ms and was killed; it said: %s"
              .formatted(name, STOP_TIMEOUT_MS, said()));
    }
  }

  /** Also where it was paused. */
  @Override
  public void close() {
    if (process.isAlive()) {
      resume();
      stop();
    }
  }

  private boolean awaitEnd(long timeoutMs) {
    try {
      return process.waitFor(timeoutMs, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private String said() {
    try {
      String all = Files.readString(output, StandardCharsets.UTF_8).strip();
      return all.length() <= SAID_CHARS_MAX ? all : all.substring(all.length() - SAID_CHARS_MAX);
    } catch (IOException e) {
      return "(nothing in " + output + ")";
    }
  }
}
