package io.fqtfleet.programs.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A small file system in memory (tmpfs) that can be filled to its last byte; needs root. */
final class SmallDirectory implements AutoCloseable {
  private static final int BLOCK_BYTES = 4096;

  private final Path path;
  private boolean mounted;

  SmallDirectory(Path path, long bytes) {
    this.path = path;
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + path, e);
    }
    run(List.of("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", path.toString()));
    mounted = true;
  }

  /** Why there can be none here; empty if there can. */
  static Optional<String> obstacle(Path parent) {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("only root may mount a small file system");
    }
    try (SmallDirectory probe = new SmallDirectory(parent.resolve("probe"), 1 << 20)) {
      return probe.mounted ? Optional.empty() : Optional.of("tmpfs was not mounted");
    } catch (IllegalStateException e) {
      return Optional.of("no tmpfs can be mounted: " + e.getMessage());
    }
  }

  Path path() {
    return path;
  }

  private Path ballast() {
    return path.resolve("ballast");
  }

  /** Not one block is left afterwards. */
  void fill() {
    byte[] block = new byte[BLOCK_BYTES];
    try (OutputStream out = Files.newOutputStream(ballast())) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      // "No space left on device" is what was wanted.
      if (path.toFile().getUsableSpace() > BLOCK_BYTES) {
        throw new UncheckedIOException("cannot fill " + path, e);
      }
    }
  }

  void free() {
    try {
      Files.deleteIfExists(ballast());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot free " + path, e);
    }
  }

  @Override
  public void close() {
    if (mounted) {
      mounted = false;
      // Lazily: a process that was just killed may still hold a file open.
      run(List.of("umount", "-l", path.toString()));
    }
  }

  /** Also in a thread that was interrupted: a mount that nobody knows of would stay. */
  private static void run(List<String> command) {
    boolean interrupted = Thread.interrupted();
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.onExit().join().exitValue() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + said.strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(command.get(0) + " does not start", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
