package io.fqtfleet.programs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fleet devices}: every device that has announced itself, and where it stands. */
@Command(name = "devices", description = "the devices of the fleet and their state")
final class DevicesCommand implements Runnable {
  private static final String ROW = "%-32s %-20s %-8s %-11s %7s  %-16s %s%n";

  @Spec private CommandSpec spec;

  @Option(names = "--cohort", paramLabel = "NAME", description = "only this one")
  private String cohort;

  @Option(names = "--offline", description = "only those that are not connected")
  private boolean offline;

  @Mixin private Listing listing;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      defaultValue = "localhost:9092",
      description = "default: ${DEFAULT-VALUE}")
  private String kafka;

  @Override
  public void run() {
    Map<String, DeviceStatus> devices = new TreeMap<>();
    new FleetTopic<>(kafka, Topics.STATUS, DeviceStatus.class)
        .read(
            (id, status) -> {
              if (status == null) {
                devices.remove(id);
              } else {
                devices.put(id, status);
              }
            });
    Map<String, Decision> last = new HashMap<>();
    new FleetTopic<>(kafka, Topics.DECISIONS, Decision.class)
        .read(
            (key, decision) -> {
              if (decision.getDevice() != null) {
                last.put(decision.getDevice(), decision);
              }
            });
    Map<String, DeviceRegistration> registry = new HashMap<>();
    new FleetTopic<>(kafka, Topics.DEVICES, DeviceRegistration.class)
        .read((id, registration) -> registry.put(id, registration));
    var out = spec.commandLine().getOut();
    if (listing.isTable()) {
      out.printf(ROW, "device", "cohort", "link", "state", "budget", "board", "firmware");
    }
    devices.forEach(
        (id, status) -> {
          String belongs = cohort(status, registry.get(id));
          if ((cohort == null || cohort.equals(belongs))
              && (!offline || status.getState() == DeviceState.OFFLINE)) {
            show(id, belongs, status, last.get(id));
          }
        });
    out.flush();
  }

  /** The operator's word counts before the device's. */
  private static String cohort(DeviceStatus status, DeviceRegistration registration) {
    return registration == null || registration.getCohort() == null
        ? status.getCohort()
        : registration.getCohort();
  }

  private void show(String id, String belongs, DeviceStatus status, Decision decision) {
    var out = spec.commandLine().getOut();
    String state = decision == null ? "-" : decision.getTo();
    if (listing.isTable()) {
      out.printf(
          ROW,
          id,
          belongs,
          status.getState(),
          state,
          status.getBudgetVersion(),
          status.getBoard(),
          status.getFirmware());
      return;
    }
    listing.print(
        out,
        JsonNodeFactory.instance
            .objectNode()
            .put("device", id)
            .put("cohort", belongs)
            .put("link", status.getState().name())
            .put("state", state)
            .put("budget", status.getBudgetVersion())
            .put("board", status.getBoard())
            .put("firmware", status.getFirmware()));
  }
}
