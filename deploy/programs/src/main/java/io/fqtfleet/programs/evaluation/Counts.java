package io.fqtfleet.programs.evaluation;

/**
 * What a device counted since its last report that was received: sums, so that counts of lost
 * reports add up in the next one.
 */
final class Counts {
  int reports;

  /** Reports that came behind their successor since the last one that counted. */
  int dropped;

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

  long codes;
  long inputs;
  double inputSum;
  double inputSquareSum;
  int inputMin = Integer.MAX_VALUE;
  int inputMax = Integer.MIN_VALUE;
  double energyMicroJoule;
  double updateNormSquare;
  long updateSteps;

  /** Samples not trained on because the device's energy was spent. */
  long throttled;

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
    codes += other.codes;
    inputs += other.inputs;
    inputSum += other.inputSum;
    inputSquareSum += other.inputSquareSum;
    inputMin = Math.min(inputMin, other.inputMin);
    inputMax = Math.max(inputMax, other.inputMax);
    energyMicroJoule += other.energyMicroJoule;
    updateNormSquare += other.updateNormSquare;
    updateSteps += other.updateSteps;
    throttled += other.throttled;
  }

  /** Without labels nothing is known of errors and losses, and nothing is trained. */
  void withholdLabels() {
    labelled = 0;
    wrong = 0;
    trained = 0;
    loss = 0;
    gradNormSquare = 0;
    gradSamples = 0;
    updateNormSquare = 0;
    updateSteps = 0;
  }
}
