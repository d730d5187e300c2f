package io.fqtfleet.sim.trace;

import io.fqtfleet.sim.fleet.FleetSetup;
import java.nio.file.Path;
import java.util.List;

/**
 * Where and how trace devices run.
 *
 * @param fleet broker, keys, threads
 * @param slice this process runs every slices-th device, from this one on; 0..slices-1
 * @param slices processes that share the scenario, 1 or more
 * @param sources source addresses of connections, taken in turn; empty = the system's choice
 * @param recordings where the files lie that the scenario names
 */
public record TraceSetup(
    FleetSetup fleet, int slice, int slices, List<String> sources, Path recordings) {
  public TraceSetup {
    if (slices < 1 || slice < 0 || slice >= slices) {
      throw new IllegalArgumentException(
          "slice %d of %d: write the first as 1/%d".formatted(slice + 1, slices, slices));
    }
    sources = List.copyOf(sources);
  }

  boolean has(int number) {
    return number % slices == slice;
  }
}
