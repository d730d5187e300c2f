package io.fqtfleet.sim.link;

import java.nio.file.Path;

/** A firmware image in an emulator, as a child process. */
public interface DeviceProcess extends AutoCloseable {
  boolean isRunning();

  /** What the emulator wrote; warnings, or why it ended. */
  Path log();

  /** Ends the process at once, as a power cut does. */
  @Override
  void close();
}
