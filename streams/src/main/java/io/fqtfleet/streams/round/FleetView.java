package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AttributeLevel;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.SignalLevel;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.state.SharedSuspect;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the cohorts' last rounds say of the fleet as a whole: its size, what all of it shares, and
 * which attributes stand out. Sums and medians only, so any number of partitions may take part.
 *
 * @param devices known to the cohorts
 * @param levels median over the cohorts of each signal's mean residual
 * @param causes attributes whose devices are suspicious in more than one cohort while the others of
 *     those cohorts are not
 */
public record FleetView(long devices, Map<Signal, Double> levels, List<SharedSuspect> causes) {
  /** With fewer cohorts one that drifts cannot be told from what all share. */
  static final int COHORTS_MIN = 5;

  /** Share of the devices with an attribute that must be suspicious, and of the others at most. */
  private static final double SUSPICIOUS_MIN = 0.5;

  private static final double OTHERS_SUSPICIOUS_MAX = 0.1;
  private static final int DEVICES_MIN = 3;

  /** Of one attribute, over the cohorts. */
  private static final class Sum {
    int cohorts;
    int devices;
    int suspicious;
    int others;
    int othersSuspicious;
    double evidence;
    long onsetMs = Long.MAX_VALUE;
    String owner = "";
  }

  public static FleetView of(Collection<CohortHealth> cohorts) {
    long devices = cohorts.stream().mapToLong(CohortHealth::getDevicesKnown).sum();
    return new FleetView(devices, medians(cohorts), suspects(cohorts));
  }

  private static Map<Signal, Double> medians(Collection<CohortHealth> cohorts) {
    EnumMap<Signal, List<Double>> bySignal = new EnumMap<>(Signal.class);
    for (CohortHealth cohort : cohorts) {
      for (SignalLevel level : cohort.getLevels()) {
        bySignal
            .computeIfAbsent(Signal.valueOf(level.getSignal()), s -> new ArrayList<>())
            .add(level.getResidual());
      }
    }
    EnumMap<Signal, Double> medians = new EnumMap<>(Signal.class);
    bySignal.forEach(
        (signal, values) -> {
          if (values.size() >= COHORTS_MIN) {
            medians.put(signal, median(values));
          }
        });
    return medians;
  }

  private static double median(List<Double> values) {
    Collections.sort(values);
    int count = values.size();
    return 0.5 * (values.get((count - 1) / 2) + values.get(count / 2));
  }

  private static List<SharedSuspect> suspects(Collection<CohortHealth> cohorts) {
    TreeMap<String, Sum> sums = new TreeMap<>();
    for (CohortHealth cohort : cohorts) {
      int known = cohort.getDevicesKnown();
      int suspicious = cohort.getSuspiciousDevices();
      for (AttributeLevel level : cohort.getAttributes()) {
        Sum sum = sums.computeIfAbsent(level.getAttribute(), a -> new Sum());
        sum.devices += level.getDevices();
        sum.suspicious += level.getSuspicious();
        sum.evidence += level.getEvidenceSum();
        if (level.getSuspicious() > 0) {
          sum.cohorts++;
          sum.others += known - level.getDevices();
          sum.othersSuspicious += suspicious - level.getSuspicious();
          sum.onsetMs = Math.min(sum.onsetMs, level.getOnsetMs());
          boolean first = sum.owner.isEmpty() || cohort.getCohort().compareTo(sum.owner) < 0;
          sum.owner = first ? cohort.getCohort() : sum.owner;
        }
      }
    }
    for (CohortHealth cohort : cohorts) {
      // Who has the alert open keeps it, so that there is never a second one.
      for (String attribute : cohort.getSharedCauses()) {
        sums.computeIfAbsent(attribute, a -> new Sum()).owner = cohort.getCohort();
      }
    }
    List<SharedSuspect> suspects = new ArrayList<>();
    sums.forEach(
        (attribute, sum) -> {
          if (standsOut(sum)) {
            suspects.add(suspect(attribute, sum, sums.size()));
          }
        });
    return suspects;
  }

  private static boolean standsOut(Sum sum) {
    return sum.cohorts >= 2
        && sum.devices >= DEVICES_MIN
        && sum.suspicious >= SUSPICIOUS_MIN * sum.devices
        && sum.others > 0
        && sum.othersSuspicious <= OTHERS_SUSPICIOUS_MAX * sum.others;
  }

  private static SharedSuspect suspect(String attribute, Sum sum, int values) {
    return SharedSuspect.newBuilder()
        .setAttribute(attribute)
        .setOwner(sum.owner)
        .setCohorts(sum.cohorts)
        .setDevices(sum.devices)
        .setSuspicious(sum.suspicious)
        .setOthers(sum.others)
        .setOthersSuspicious(sum.othersSuspicious)
        .setLogEvidence(
            sum.evidence > 0 ? PlainMath.log(sum.evidence / sum.devices) : LogSpace.ZERO)
        .setValues(values)
        .setOnsetMs(sum.onsetMs)
        .build();
  }
}
