package io.fqtfleet.programs.evaluation;

import io.fqtfleet.streams.state.ReportEvidence;
import java.util.List;

/** Makes of a device's counts the evidence that the production intake makes of its report. */
final class IntakeTwin {
  /** Units of the wire: 2^-12 nat, 2^-24, 2^-15. */
  private static final double LOSS_UNIT = 4096;

  private static final double SQUARE_UNIT = 1 << 24;
  private static final double CONFIDENCE_UNIT = 1 << 15;

  private IntakeTwin() {}

  static ReportEvidence report(SimDevice device, Counts counts, long sinceMs) {
    ReportEvidence evidence = new ReportEvidence();
    evidence.setBootCounter(device.boot);
    evidence.setSequence(device.sequence);
    evidence.setSinceMs(sinceMs);
    evidence.setSamplesSeen(counts.samples);
    evidence.setSamplesLabelled(counts.labelled);
    evidence.setSamplesCorrect(counts.labelled - counts.wrong);
    evidence.setSamplesTrained(counts.trained);
    evidence.setLossSum(Math.round(counts.loss * LOSS_UNIT));
    evidence.setGradNormSquareSum(Math.round(counts.gradNormSquare * SQUARE_UNIT));
    evidence.setGradSamples(counts.gradSamples);
    evidence.setConfidenceSum(Math.round(counts.confidence * CONFIDENCE_UNIT));
    evidence.setInputCount(counts.inputs);
    evidence.setInputSum((long) counts.inputSum);
    evidence.setInputSquareSum((long) counts.inputSquareSum);
    evidence.setInputMin(counts.inputMin);
    evidence.setInputMax(counts.inputMax);
    evidence.setMacsForward(counts.samples * 2500);
    evidence.setMacsBackward(counts.trained * 4000);
    evidence.setEnergyMicroJoule(Math.round(counts.energyMicroJoule));
    evidence.setBudgetVersion(device.budgetVersion);
    evidence.setReportsLost(counts.reports - 1L);
    evidence.setReportsDropped((long) counts.dropped);
    evidence.setUpdateNormSquareSum(Math.round(counts.updateNormSquare * SQUARE_UNIT));
    evidence.setUpdateSteps(counts.updateSteps);
    evidence.setWeightNormSquare(Math.round(SimDevice.WEIGHT_NORM_SQUARE * SQUARE_UNIT));
    evidence.setCodesSaturated(counts.saturated);
    evidence.setCodesTotal(counts.codes);
    evidence.setSamplesThrottled(counts.throttled);
    evidence.setLayers(List.of());
    return evidence;
  }
}
