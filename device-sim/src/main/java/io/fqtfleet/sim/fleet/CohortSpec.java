package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * Devices that share a domain.
 *
 * @param name [A-Za-z0-9_-]{1,32}; devices are called name-000, name-001 ...
 * @param devices simulated ones, 0..10000
 * @param qemuDevices real firmware images in QEMU, 0..16; called name-qemu-0 ...
 * @param domain where they start
 * @param windowsPerSecond of a simulated device, 0.01..1000
 * @param qemuWindowsPerSecond of a QEMU device, 0.01..20
 * @param labelledShare share of windows that carry a label, 0..1
 * @param reportInterval before a budget says otherwise, 100ms..1d
 * @param attributes up to 4, such as sensor_batch: b17
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
    Map<String, String> attributes) {
  private static final int ATTRIBUTES_MAX = 4;

  public CohortSpec {
    devices = Objects.requireNonNullElse(devices, 0);
    qemuDevices = Objects.requireNonNullElse(qemuDevices, 0);
    windowsPerSecond = Objects.requireNonNullElse(windowsPerSecond, 10.0);
    qemuWindowsPerSecond = Objects.requireNonNullElse(qemuWindowsPerSecond, 5.0);
    labelledShare = Objects.requireNonNullElse(labelledShare, 1.0);
    reportInterval = Objects.requireNonNullElse(reportInterval, Duration.ofSeconds(2));
    attributes = attributes == null ? Map.of() : Map.copyOf(attributes);
    new Checks()
        .present("name", name)
        .present("domain", domain)
        .that(
            name == null || Topics.COHORT.matcher(name).matches(),
            "name = '%s' is not %s",
            name,
            Topics.COHORT.pattern())
        .range("devices", devices, 0, 10_000)
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
        attributes);
  }
}
