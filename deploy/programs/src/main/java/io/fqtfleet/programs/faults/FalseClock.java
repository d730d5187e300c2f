package io.fqtfleet.programs.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A wall clock that steps, for a child process: Debian's libfaketime reads its offset from a file
 * and answers clock_gettime(CLOCK_REALTIME) with it; the monotonic clock stays true, as when an
 * operator or NTP sets the time.
 */
final class FalseClock {
  private static final String LIBRARY = "faketime/libfaketime.so.1";

  private final Path file;

  FalseClock(Path file) {
    this.file = file;
    step(0);
  }

  /** Where the library is; empty without the package. */
  static Optional<Path> library() {
    Path root = Path.of("/usr/lib");
    try (Stream<Path> folders = Files.list(root)) {
      return Stream.concat(Stream.of(root), folders)
          .map(folder -> folder.resolve(LIBRARY))
          .filter(Files::exists)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** From now on the clock shows this much more than the true time. */
  void step(long seconds) {
    try {
      Files.createDirectories(file.getParent());
      Path next = file.resolveSibling(file.getFileName() + ".next");
      Files.writeString(next, "%+d%n".formatted(seconds));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot set the false clock " + file, e);
    }
  }

  /** For a process that shall see this clock. */
  Map<String, String> environment() {
    Path library =
        library().orElseThrow(() -> new IllegalStateException("libfaketime is not installed"));
    return Map.of(
        "LD_PRELOAD",
        library.toString(),
        "FAKETIME_TIMESTAMP_FILE",
        file.toString(),
        "FAKETIME_CACHE_DURATION",
        "1",
        "FAKETIME_DONT_FAKE_MONOTONIC",
        "1");
  }
}
