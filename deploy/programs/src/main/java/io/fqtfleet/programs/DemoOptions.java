package io.fqtfleet.programs;

import java.nio.file.Path;

/**
 * What was asked of the demo.
 *
 * @param data folder of a data set, or null for the generator
 * @param devices simulated devices
 * @param qemu whether firmware images take part
 * @param seed of everything random
 * @param keep stay up after the summary
 * @param json file for the summary, or null
 */
record DemoOptions(Path data, int devices, boolean qemu, long seed, boolean keep, Path json) {
  static final int MIN_DEVICES = 40;
  static final int MAX_DEVICES = 1000;

  DemoOptions {
    if (devices < MIN_DEVICES || devices > MAX_DEVICES) {
      throw new IllegalArgumentException(
          ("--devices %d is not in %d..%d; below %d cohorts are too small to be judged,"
                  + " above %d use fleet sim run")
              .formatted(devices, MIN_DEVICES, MAX_DEVICES, MIN_DEVICES, MAX_DEVICES));
    }
  }
}
