package io.fqtfleet.programs.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A wall clock that steps, for a child process: a small C library that is preloaded into it. */
final class FalseClock {
  private static final String SOURCE = "/faults/false_clock.c";
  private static final long TIMEOUT_S = 30;

  private final Path file;
  private final Path library;

  /** Compiles the library into the directory; the clock is right at first. */
  FalseClock(Path directory) {
    file = directory.resolve("clock");
    library = directory.resolve("libfalseclock.so");
    Path source = directory.resolve("false_clock.c");
    try (InputStream in = FalseClock.class.getResourceAsStream(SOURCE)) {
      Files.createDirectories(directory);
      Files.copy(in, source, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + source, e);
    }
    compile(source);
    step(0);
  }

  private void compile(Path source) {
    try {
      Process gcc =
          new ProcessBuilder(
                  "gcc",
                  "-shared",
                  "-fPIC",
                  "-O1",
                  "-o",
                  library.toString(),
                  source.toString(),
                  "-ldl")
              .redirectErrorStream(true)
              .start();
      String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!gcc.waitFor(TIMEOUT_S, TimeUnit.SECONDS) || gcc.exitValue() != 0) {
        throw new IllegalStateException("gcc did not compile " + source + ": " + said.strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("gcc does not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while gcc ran", e);
    }
  }

  /** Why there can be none here; empty if there can. */
  static Optional<String> obstacle() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("a false clock is preloaded as Linux does it");
    }
    try {
      return new ProcessBuilder("gcc", "--version")
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                  .start()
                  .waitFor()
              == 0
          ? Optional.empty()
          : Optional.of("gcc does not work");
    } catch (IOException e) {
      return Optional.of("gcc is not installed; apt-get install gcc libc6-dev");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  /** From now on the clock shows this much more than the true time. */
  void step(long seconds) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    bytes.putLong(0, seconds);
    // In place: the process has the file mapped.
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.write(bytes, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot set the false clock " + file, e);
    }
  }

  /** For a process that shall see this clock. */
  Map<String, String> environment() {
    return Map.of("LD_PRELOAD", library.toString(), "FQT_FALSE_CLOCK", file.toString());
  }
}
