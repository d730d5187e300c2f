package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AttributeLevel;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.SignalLevel;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** Sums up a round. */
final class RoundHealth {
  private static final int ATTRIBUTES_MAX = 64;

  /** The largest evidence that one device counts with: far above any threshold. */
  private static final double EVIDENCE_MAX = 1e26;

  private RoundHealth() {}

  /** Devices of a cohort that share an attribute. */
  private static final class Group {
    private int devices;
    private int suspicious;
    private double evidence;
    private long onsetMs;

    void add(CohortRound round, DeviceCard card, boolean isSuspicious) {
      devices++;
      evidence += Math.min(EVIDENCE_MAX, round.linearEvidence(card));
      if (isSuspicious) {
        suspicious++;
        long onset = round.onsetMs(card);
        onsetMs = onsetMs == 0 ? onset : Math.min(onsetMs, onset);
      }
    }

    AttributeLevel level(String attribute) {
      return new AttributeLevel(attribute, devices, suspicious, evidence, onsetMs);
    }
  }

  static CohortHealth of(CohortRound round) {
    DeviceRound sum = new DeviceRound();
    int reporting = 0;
    int training = 0;
    for (DeviceRound device : round.heard.values()) {
      reporting += device.reports > 0 ? 1 : 0;
      training += device.trained > 0 ? 1 : 0;
      sum.seen += device.seen;
      sum.labelled += device.labelled;
      sum.correct += device.correct;
      sum.trained += device.trained;
      sum.lossSum += device.lossSum;
      sum.gradNormSquareSum += device.gradNormSquareSum;
      sum.gradSamples += device.gradSamples;
      sum.confidenceSum += device.confidenceSum;
      sum.macsForward += device.macsForward;
      sum.macsBackward += device.macsBackward;
      sum.energyMicroJoule += device.energyMicroJoule;
    }
    CohortCard cohort = round.cohort;
    return CohortHealth.newBuilder()
        .setCohort(round.closed.cohort())
        .setRound(round.closed.round())
        .setRoundEndMs(round.closed.endMs())
        .setPolicyVersion(round.policy.getVersion())
        .setDevicesKnown(round.cards.size())
        .setDevicesOnline((int) round.cards.values().stream().filter(c -> c.online).count())
        .setDevicesReporting(reporting)
        .setDevicesTraining(training)
        .setSamplesSeen(sum.seen)
        .setSamplesLabelled(sum.labelled)
        .setSamplesCorrect(sum.correct)
        .setSamplesTrained(sum.trained)
        .setLossSum(sum.lossSum)
        .setGradNormSquareSum(sum.gradNormSquareSum)
        .setGradSamples(sum.gradSamples)
        .setConfidenceSum(sum.confidenceSum)
        .setMacsForward(sum.macsForward)
        .setMacsBackward(sum.macsBackward)
        .setEnergyMicroJoule(sum.energyMicroJoule)
        .setBaselineError(cohort.alert == null ? round.signals.baseline() : cohort.baseError)
        .setLogEvidence(round.cohortEvidence)
        .setLogThreshold(round.thresholds.logCohort())
        .setIncident(cohort.alert == null ? null : cohort.alert.getId())
        .setReportsLost(cohort.reportsLost)
        .setReportsDuplicate(cohort.reportsDropped)
        .setLevels(levels(round))
        .setAttributes(attributes(round))
        .setSharedCauses(List.copyOf(cohort.shared.keySet()))
        .setSuspiciousDevices(
            (int) round.cards.values().stream().filter(round::isSuspicious).count())
        .build();
  }

  private static List<SignalLevel> levels(CohortRound round) {
    List<SignalLevel> levels = new ArrayList<>();
    round.cohort.levels.forEach(
        (signal, residual) -> {
          SignalLane lane = round.cohort.signals.get(signal);
          double evidence =
              signal == Signal.ERROR
                  ? round.cohort.lane.logEvidence()
                  : lane == null ? LogSpace.ZERO : lane.logEvidence();
          levels.add(
              SignalLevel.newBuilder()
                  .setSignal(signal.name())
                  .setResidual(residual)
                  .setDevices(round.cards.size())
                  .setLogEvidence(evidence)
                  .build());
        });
    return levels;
  }

  /** The attributes that most devices have; that all of a rare value suffer shows elsewhere. */
  private static List<AttributeLevel> attributes(CohortRound round) {
    TreeMap<String, Group> groups = new TreeMap<>();
    for (CohortRound.Member member : round.members) {
      DeviceCard card = member.card();
      boolean suspicious = !card.attributes.isEmpty() && round.isSuspicious(card);
      for (String attribute : card.attributes) {
        groups.computeIfAbsent(attribute, a -> new Group()).add(round, card, suspicious);
      }
    }
    List<AttributeLevel> levels = new ArrayList<>();
    groups.forEach((attribute, group) -> levels.add(group.level(attribute)));
    return levels.stream()
        .sorted(
            Comparator.comparingInt(AttributeLevel::getDevices)
                .reversed()
                .thenComparing(AttributeLevel::getAttribute))
        .limit(ATTRIBUTES_MAX)
        .toList();
  }
}
