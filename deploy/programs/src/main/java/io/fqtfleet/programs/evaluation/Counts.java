package io.fqtfleet.programs.evaluation;

/**
 * What a device counted since its last report that was received: sums, so that counts of lost
 * reports add up in the next one.
 */
final class Counts {
  int reports;
  long samples;
  long labelled;
  long wrong;
  long trained;

  /** Nats. */
  double loss;

  /** Largest probability of a prediction, summed. */
  double confidence;

  double gradNormSquare;
  long gradSamples;

  /** Values that were clipped to the ends of the range, and values in all. */
  long saturated;

  long quantised;
  long inputs;
  double inputSum;
  double inputSquareSum;
  int inputMin = Integer.MAX_VALUE;
  int inputMax = Integer.MIN_VALUE;
  double energyMicroJoule;

  void add(Counts other) {
    reports += other.reports;
    samples += other.samples;
    labelled += other.labelled;
    wrong += other.wrong;
    trained += other.trained;
    loss += other.loss;
    confidence += other.confidence;
    gradNormSquare += other.gradNormSquare;
    gradSamples += other.gradSamples;
    saturated += other.saturated;
    quantised += other.quantised;
    inputs += other.inputs;
    inputSum += other.inputSum;
    inputSquareSum += other.inputSquareSum;
    inputMin = Math.min(inputMin, other.inputMin);
    inputMax = Math.max(inputMax, other.inputMax);
    energyMicroJoule += other.energyMicroJoule;
  }

  double errorRate() {
    return (double) wrong / labelled;
  }
}
