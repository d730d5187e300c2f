package io.fqtfleet.programs.sim;

import io.fqtfleet.sim.fleet.FactoryModel;
import io.fqtfleet.sim.fleet.Scenario;
import io.fqtfleet.sim.signal.SignalSpace;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * What is run.
 *
 * @param directory for files of the run
 * @param image firmware of QEMU devices
 * @param recordings where recordings lie that the scenario names
 * @param slice of the trace devices, 0..slices-1; exact ones run in slice 0
 * @param sources source addresses of trace devices' connections; empty = the system's choice
 * @param startAt when the fleet's time begins; null = at once
 */
public record SimOptions(
    Scenario scenario,
    SignalSpace space,
    FactoryModel model,
    Path directory,
    Path image,
    Path recordings,
    int slice,
    int slices,
    List<String> sources,
    Instant startAt) {}
