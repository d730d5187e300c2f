package io.fqtfleet.sim.signal;

import java.nio.file.Path;

/** A data set that cannot be used: which file, what is wrong, what to do. */
public final class DataSetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DataSetException(Path file, String problem, String remedy) {
    super(file + ": " + problem + "; " + remedy);
  }

  DataSetException(Path file, String problem, String remedy, Throwable cause) {
    super(file + ": " + problem + "; " + remedy, cause);
  }
}
