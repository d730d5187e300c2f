package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * Devices that share a domain.
 *
 * @param name [A-Za-z0-9_-]{1,32}; devices are called name-000, name-001 ...
 * @param devices simulated ones, 0..10000 exact or 0..1000000 trace
 * @param qemuDevices real firmware images in QEMU, 0..16; called name-qemu-0 ...
 * @param domain where they start
 * @param windowsPerSecond of a simulated device, 0.01..1000
 * @param qemuWindowsPerSecond of a QEMU device, 0.01..20
 * @param labelledShare share of windows that carry a label, 0..1
 * @param reportInterval before a budget says otherwise, 100ms..1d
 * @param attributes up to 4, such as sensor_batch: b17
 * @param fidelity exact (each device trains on the firmware's core) or trace (devices replay what
 *     exact ones reported)
 * @param arrivals of a trace device's reports: fixed intervals, or poisson with that mean
 * @param recording file of {@code fleet sim record} that trace devices replay; left out = recorded
 *     from exact devices before the start
 */
public record CohortSpec(
    String name,
    Integer devices,
    Integer qemuDevices,
    String domain,
    Double windowsPerSecond,
    Double qemuWindowsPerSecond,
    Double labelledShare,
    Duration reportInterval,
    Map<String, String> attributes,
    Fidelity fidelity,
    Arrivals arrivals,
    String recording) {
  private static final int ATTRIBUTES_MAX = 4;
  private static final int EXACT_MAX = 10_000;
  private static final int TRACE_MAX = 1_000_000;

  /** How a simulated device comes to its reports. */
  public enum Fidelity {
    EXACT,
    TRACE
  }

  /** Gaps between the reports of one trace device. */
  public enum Arrivals {
    FIXED,
    POISSON
  }

  public CohortSpec {
    devices = Objects.requireNonNullElse(devices, 0);
    qemuDevices = Objects.requireNonNullElse(qemuDevices, 0);
    windowsPerSecond = Objects.requireNonNullElse(windowsPerSecond, 10.0);
    qemuWindowsPerSecond = Objects.requireNonNullElse(qemuWindowsPerSecond, 5.0);
    labelledShare = Objects.requireNonNullElse(labelledShare, 1.0);
    reportInterval = Objects.requireNonNullElse(reportInterval, Duration.ofSeconds(2));
    attributes = attributes == null ? Map.of() : Map.copyOf(attributes);
    fidelity = Objects.requireNonNullElse(fidelity, Fidelity.EXACT);
    arrivals = Objects.requireNonNullElse(arrivals, Arrivals.FIXED);
    new Checks()
        .present("name", name)
        .present("domain", domain)
        .that(
            name == null || Topics.COHORT.matcher(name).matches(),
            "name = '%s' is not %s",
            name,
            Topics.COHORT.pattern())
        .range("devices", devices, 0, fidelity == Fidelity.EXACT ? EXACT_MAX : TRACE_MAX)
        .range("qemuDevices", qemuDevices, 0, 16)
        .that(devices + qemuDevices > 0, "devices = 0: a cohort needs at least one device")
        .range("windowsPerSecond", windowsPerSecond, 0.01, 1000)
        .range("qemuWindowsPerSecond", qemuWindowsPerSecond, 0.01, 20)
        .range("labelledShare", labelledShare, 0, 1)
        .range("reportInterval", reportInterval, Duration.ofMillis(100), Duration.ofDays(1))
        .that(
            attributes.size() <= ATTRIBUTES_MAX,
            "attributes: %d are more than %d",
            attributes.size(),
            ATTRIBUTES_MAX)
        .that(
            fidelity == Fidelity.TRACE || recording == null,
            "recording = '%s' is replayed by trace devices only; add fidelity: trace",
            recording)
        .that(
            fidelity == Fidelity.TRACE || arrivals == Arrivals.FIXED,
            "arrivals = poisson needs fidelity: trace; an exact device keeps its own interval")
        .done();
  }

  /** The id of simulated device {@code number}. */
  public String device(int number) {
    return "%s-%03d".formatted(name, number);
  }

  /** The id of QEMU device {@code number}. */
  public String qemuDevice(int number) {
    return "%s-qemu-%d".formatted(name, number);
  }

  CohortSpec withDevices(int simulated, int qemu) {
    return new CohortSpec(
        name,
        simulated,
        qemu,
        domain,
        windowsPerSecond,
        qemuWindowsPerSecond,
        labelledShare,
        reportInterval,
        attributes,
        fidelity,
        arrivals,
        recording);
  }

  public boolean isTrace() {
    return fidelity == Fidelity.TRACE;
  }
}
