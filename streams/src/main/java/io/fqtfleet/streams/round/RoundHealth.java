package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.CohortHealth;

/** Sums up a round. */
final class RoundHealth {
  private RoundHealth() {}

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
        .build();
  }
}
