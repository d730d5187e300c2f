package io.fqtfleet.programs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the project lies: scenarios, firmware images, and a place for what programs leave. */
public record Home(Path root) {
  private static final String MARK = "device-sim/scenarios";

  /** From FQT_HOME, which the launcher sets, or the nearest folder above the working directory. */
  public static Home find() {
    String named = System.getenv("FQT_HOME");
    Path folder = Path.of(named == null ? "" : named).toAbsolutePath();
    while (folder != null && !Files.isDirectory(folder.resolve(MARK))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IllegalStateException(
          "no project with %s found from %s upwards; set FQT_HOME to the checkout"
              .formatted(MARK, Path.of(named == null ? "" : named).toAbsolutePath()));
    }
    return new Home(folder);
  }

  Path scenario(String name) {
    return root.resolve(MARK).resolve(name + ".yaml");
  }

  Path firmwareImage() {
    return root.resolve("firmware/build/an386/fqt-device.elf");
  }

  /** Boards and script for Renode. */
  Path renodeScripts() {
    return root.resolve("firmware/renode");
  }

  /** Descriptions of the models that the project ships. */
  Path shippedModels() {
    return root.resolve("firmware/models");
  }

  /** The policy to begin with. */
  public Path shippedPolicy() {
    return root.resolve("deploy/config/policy.yaml");
  }

  /** Survives runs: factory weights. */
  public Path models() {
    return root.resolve("deploy/programs/target/models");
  }

  /** Brokers, state and logs of a program of which one runs at a time. */
  Path run(String name) {
    return root.resolve("deploy/programs/target").resolve(name);
  }

  /** The same for one run of many; made, and no other run's, not even in this JVM. */
  Path freshRun(String name) throws IOException {
    Path all = Files.createDirectories(root.resolve("deploy/programs/target"));
    return Files.createTempDirectory(all, name + "-");
  }
}
