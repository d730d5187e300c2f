package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AttributeLevel;
import io.fqtfleet.schemas.CohortHealth;
import io.fqtfleet.schemas.SignalLevel;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Sums up a round. */
final class RoundHealth {
  private static final int ATTRIBUTES_MAX = 64;
  private static final int ONLINE = 3;
  private static final int SUSPICIOUS = 4;

  private RoundHealth() {}

  /** Also teaches the cohort what is usual, of the same sums. */
  static CohortHealth of(CohortRound round, Conditions conditions) {
    Both<Longs, Named<AttributeGroup>> totals =
        round.exchange.sum(
            Summary.TOTALS, new Both<>(counts(round, conditions), attributes(round)));
    conditions.learn(totals.first());
    Roster sum = round.roster;
    CohortCard cohort = round.cohort;
    return CohortHealth.newBuilder()
        .setCohort(round.closed.cohort())
        .setRound(round.closed.round())
        .setRoundEndMs(round.closed.endMs())
        .setPolicyVersion(round.policy.getVersion())
        .setDevicesKnown(round.devices())
        .setDevicesOnline((int) totals.first().get(ONLINE))
        .setDevicesReporting((int) sum.get(Roster.Count.REPORTING))
        .setDevicesTraining((int) sum.get(Roster.Count.TRAINING))
        .setSamplesSeen(sum.get(Roster.Count.SEEN))
        .setSamplesLabelled(sum.get(Roster.Count.LABELLED))
        .setSamplesCorrect(sum.get(Roster.Count.CORRECT))
        .setSamplesTrained(sum.get(Roster.Count.TRAINED))
        .setLossSum(sum.get(Roster.Count.LOSS))
        .setGradNormSquareSum(sum.get(Roster.Count.GRADIENTS))
        .setGradSamples(sum.get(Roster.Count.GRADIENT_SAMPLES))
        .setConfidenceSum(sum.get(Roster.Count.CONFIDENCE))
        .setMacsForward(sum.get(Roster.Count.MACS_FORWARD))
        .setMacsBackward(sum.get(Roster.Count.MACS_BACKWARD))
        .setEnergyMicroJoule(sum.get(Roster.Count.ENERGY))
        .setBaselineError(cohort.alert == null ? round.signals.baseline() : cohort.baseError)
        .setLogEvidence(round.cohortEvidence)
        .setLogThreshold(round.thresholds.logCohort())
        .setIncident(cohort.alert == null ? null : cohort.alert.getId())
        .setReportsLost(cohort.reportsLost)
        .setReportsDuplicate(cohort.reportsDropped)
        .setLevels(levels(round))
        .setAttributes(most(totals.second()))
        .setSharedCauses(List.copyOf(cohort.shared.keySet()))
        .setSuspiciousDevices((int) totals.first().get(SUSPICIOUS))
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
                  .setDevices(round.devices())
                  .setLogEvidence(evidence)
                  .build());
        });
    return levels;
  }

  /** The cohort's usual loss, then who is online and who is suspicious. */
  private static Longs counts(CohortRound round, Conditions conditions) {
    Longs losses = conditions.losses();
    long online = round.cards.values().stream().filter(c -> c.online).count();
    long suspicious = round.cards.values().stream().filter(round::isSuspicious).count();
    return new Longs(losses.get(0), losses.get(1), losses.get(2), online, suspicious);
  }

  private static Named<AttributeGroup> attributes(CohortRound round) {
    Named<AttributeGroup> groups = new Named<>();
    for (CohortRound.Member member : round.members) {
      DeviceCard card = member.card();
      boolean suspicious = !card.attributes.isEmpty() && round.isSuspicious(card);
      for (String attribute : card.attributes) {
        AttributeGroup group = groups.of(attribute, AttributeGroup::new);
        group.add(round.linearEvidence(card));
        if (suspicious) {
          group.addSuspicious(round.onsetMs(card));
        }
      }
    }
    return groups;
  }

  /** The attributes that most devices have; that all of a rare value suffer shows elsewhere. */
  private static List<AttributeLevel> most(Named<AttributeGroup> groups) {
    List<AttributeLevel> levels = new ArrayList<>();
    groups.all().forEach((attribute, group) -> levels.add(group.level(attribute)));
    return levels.stream()
        .sorted(
            Comparator.comparingInt(AttributeLevel::getDevices)
                .reversed()
                .thenComparing(AttributeLevel::getAttribute))
        .limit(ATTRIBUTES_MAX)
        .toList();
  }
}
