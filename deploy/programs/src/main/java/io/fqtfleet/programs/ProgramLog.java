package io.fqtfleet.programs;

import java.nio.file.Path;
import org.apache.logging.log4j.core.config.Configurator;

/** Where a program's log goes while the console belongs to its own lines. */
public final class ProgramLog {
  private ProgramLog() {}

  /** From now on all logging goes to this file; the command line has begun to log before. */
  public static void to(Path file) {
    System.setProperty("fqt.log", file.toString());
    System.setProperty("fqt.log.to", "file");
    Configurator.reconfigure();
  }
}
