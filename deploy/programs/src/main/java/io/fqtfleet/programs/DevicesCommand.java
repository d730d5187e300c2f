package io.fqtfleet.programs;

import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.DeviceState;
import io.fqtfleet.schemas.DeviceStatus;
import io.fqtfleet.schemas.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
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
    var out = spec.commandLine().getOut();
    out.printf(ROW, "device", "cohort", "link", "state", "budget", "board", "firmware");
    devices.forEach(
        (id, status) -> {
          boolean shown =
              (cohort == null || cohort.equals(status.getCohort()))
                  && (!offline || status.getState() == DeviceState.OFFLINE);
          if (shown) {
            Decision decision = last.get(id);
            out.printf(
                ROW,
                id,
                status.getCohort(),
                status.getState(),
                decision == null ? "-" : decision.getTo(),
                status.getBudgetVersion(),
                status.getBoard(),
                status.getFirmware());
          }
        });
    out.flush();
  }
}
