package io.fqtfleet.programs.evaluation;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.streams.drift.Detector;
import io.fqtfleet.streams.drift.DetectorPlan;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A usual detector with its published settings, used the way it is: one per device and one per
 * cohort, each on the error rates of its reports.
 */
final class DetectorWatch implements Watch {
  private final DetectorPlan plan;
  private final Map<String, Detector> devices = new HashMap<>();
  private final List<Detector> cohorts = new ArrayList<>();
  private final List<Alarm> alarms = new ArrayList<>();

  DetectorWatch(DetectorPlan plan, int cohortCount) {
    this.plan = plan;
    for (int c = 0; c < cohortCount; c++) {
      cohorts.add(plan.newDetector());
    }
  }

  @Override
  public void round(int round, List<World.Round> fleet) {
    for (int c = 0; c < fleet.size(); c++) {
      long wrong = 0;
      long labelled = 0;
      for (World.Arrival arrival : fleet.get(c).arrivals()) {
        Counts counts = arrival.counts();
        wrong += counts.wrong;
        labelled += counts.labelled;
        String id = arrival.device().id;
        Detector detector = devices.computeIfAbsent(id, d -> plan.newDetector());
        if (detector.addCounts(counts.wrong, counts.labelled)) {
          alarms.add(new Alarm(round, AlertScope.DEVICE, c, id, AlertKind.DEVICE_DRIFT, -1, false));
        }
      }
      if (cohorts.get(c).addCounts(wrong, labelled)) {
        // Rows count from the detector's first report, which was that of round 0.
        double onset = cohorts.get(c).onset();
        alarms.add(
            new Alarm(round, AlertScope.COHORT, c, "", AlertKind.DOMAIN_DRIFT, onset, false));
      }
    }
  }

  @Override
  public Watch fork(World world) {
    DetectorWatch copy = new DetectorWatch(plan, 0);
    devices.forEach((id, detector) -> copy.devices.put(id, copy(detector)));
    cohorts.forEach(detector -> copy.cohorts.add(copy(detector)));
    return copy;
  }

  private Detector copy(Detector detector) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Detector copy = plan.newDetector();
    try {
      detector.write(new DataOutputStream(bytes));
      copy.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return copy;
  }

  @Override
  public List<Alarm> alarms() {
    return alarms;
  }
}
