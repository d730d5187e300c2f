package io.fqtfleet.sim.fleet;

import io.fqtfleet.sim.device.SimDevice.Outgoing;
import io.fqtfleet.sim.link.LossyLink;
import io.fqtfleet.sim.load.FleetAccounting;

/** Books what a bad line does to one device's reports. */
public record LineBook(FleetAccounting accounting, String device) implements LossyLink.Witness {
  @Override
  public void dropped(Outgoing report) {
    accounting.withheld(device, report.reportSequence());
  }

  @Override
  public void repeated(Outgoing report) {
    accounting.repeated(device);
  }
}
