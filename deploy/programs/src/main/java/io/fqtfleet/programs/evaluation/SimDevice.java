package io.fqtfleet.programs.evaluation;

import io.fqtfleet.programs.evaluation.DriftScenario.Effect;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.streams.drift.PlainMath;

/**
 * One device as a statistical model: an error rate around its own level, and every other signal
 * drawn so that it fits the errors. Figures are typical of a small classifier with cross-entropy
 * loss; only that they hang together matters.
 */
final class SimDevice {
  /** Raw sensor values per sample, in units of the sensor's least significant bit. */
  private static final int VALUES = 128;

  private static final double INPUT_SD = 1000;

  /** A window's mean is itself random: neighbouring values are alike. */
  private static final double MEAN_JITTER_SD = 20;

  private static final double OFFSET_SDS = 6;
  private static final double NOISE_SDS = 6;

  /** Inputs move by so many standard deviations per unit of a world's rise in errors. */
  private static final double INPUT_SHIFT = 2.5;

  private static final double LOSS_RIGHT = 0.25;
  private static final double LOSS_WRONG = 2.0;
  private static final double LOSS_MISLABELLED = 3.5;
  private static final double GRADIENT_RIGHT = 0.05;
  private static final double GRADIENT_WRONG = 1.0;
  private static final double GRADIENT_MISLABELLED = 1.6;
  private static final double CONFIDENCE_RIGHT = 0.88;
  private static final double CONFIDENCE_WRONG = 0.62;
  private static final double SATURATED_SHARE = 0.002;
  private static final double ENERGY_PER_SAMPLE = 3;
  private static final double P_MIN = 0.001;
  private static final int BATCH = 8;

  /** Squared weight change per squared gradient. */
  private static final double UPDATE_PER_GRADIENT = 1e-3;

  static final double WEIGHT_NORM_SQUARE = 10;

  final String id;
  final int cohort;
  final boolean batch;
  private final Chance chance;
  private final DriftScenario.Noise noise;
  private final double level;
  private final double inputMean;
  private double wander;

  /** Share of a change that training has undone, 0..1. */
  private double learnt;

  int boot = 1;
  long sequence;
  BudgetTerms terms;
  long budgetVersion;

  /** What acts on the device in a round. */
  static final class Forces {
    double rise;
    double world;
    double mislabelled;
    double saturation;
    double energyFactor = 1;
    double silence;
    Effect flaw;
  }

  SimDevice(
      String id, int cohort, boolean batch, Chance chance, DriftScenario.Noise noise, double p) {
    this.id = id;
    this.cohort = cohort;
    this.batch = batch;
    this.chance = chance;
    this.noise = noise;
    this.level = PlainMath.log(p / (1 - p));
    this.inputMean = 100 * chance.normal();
    this.wander = noise.sd() * chance.normal();
  }

  /** One that goes on as this one would. */
  private SimDevice(SimDevice other) {
    this.id = other.id;
    this.cohort = other.cohort;
    this.batch = other.batch;
    this.chance = other.chance.copy();
    this.noise = other.noise;
    this.level = other.level;
    this.inputMean = other.inputMean;
    this.wander = other.wander;
    this.learnt = other.learnt;
    this.boot = other.boot;
    this.sequence = other.sequence;
    this.terms = other.terms;
    this.budgetVersion = other.budgetVersion;
  }

  SimDevice copy() {
    return new SimDevice(this);
  }

  Chance chance() {
    return chance;
  }

  /**
   * @param n samples
   * @param common what the fleet and the cohort share, in logits
   */
  Counts count(int n, double common, Forces forces, double learning) {
    double rho = noise.correlation();
    wander = rho * wander + Math.sqrt(1 - rho * rho) * noise.sd() * chance.normal();
    double strength = strength();
    double logit = level + wander + common + noise.feedback() * strength * chance.normal();
    double p = 1 / (1 + PlainMath.exp(-logit)) + forces.rise * (1 - learnt);
    p = Math.min(1 - P_MIN, Math.max(P_MIN, p));
    Counts counts = new Counts();
    counts.reports = 1;
    counts.samples = n;
    counts.labelled = n;
    int wrong = chance.binomial(n, p);
    int mislabelled = forces.mislabelled > 0 ? chance.binomial(n - wrong, forces.mislabelled) : 0;
    counts.wrong = wrong + mislabelled;
    double moved = forces.world * (1 - learnt);
    outputs(counts, wrong, mislabelled, moved);
    inputs(counts, moved, forces.flaw);
    counts.codes = (long) n * VALUES;
    double saturation = Math.min(1, SATURATED_SHARE + forces.saturation);
    double jitter = 1 + 0.1 * chance.normal();
    counts.saturated = Math.round(counts.codes * saturation * Math.max(0, jitter));
    counts.energyMicroJoule =
        forces.energyFactor * ENERGY_PER_SAMPLE * (n + counts.trained * 2) * (1 + 0.05 * jitter);
    if (forces.energyFactor > 1) {
      counts.throttled = Math.round(counts.trained * (1 - 1 / forces.energyFactor));
    }
    if (noise.unlabelled()) {
      counts.withholdLabels();
    }
    if (learning > 0 && terms != null && terms.getTraining() && forces.flaw == null) {
      learnt += forces.rise == 0 ? -learnt : (1 - learnt) * learning * strength;
    }
    return counts;
  }

  /** 0..1: how much of its network it may move per sample. */
  private double strength() {
    if (terms == null || !terms.getTraining()) {
      return 0;
    }
    return terms.getLambdaMaxPermille() / 1000.0 / Math.max(1, terms.getTrainEveryNth());
  }

  private double sum(int n, double mean, double sd) {
    return n == 0 ? 0 : Math.max(0, n * mean + Math.sqrt(n) * sd * chance.normal());
  }

  private void outputs(Counts counts, int wrong, int mislabelled, double moved) {
    int n = (int) counts.samples;
    int right = n - wrong - mislabelled;
    counts.loss =
        sum(right, LOSS_RIGHT * (1 + moved), 0.25)
            + sum(wrong, LOSS_WRONG, 1)
            + sum(mislabelled, LOSS_MISLABELLED, 0.8);
    double less = 0.3 * moved;
    counts.confidence =
        sum(n - wrong, CONFIDENCE_RIGHT - 0.2 * less, 0.12)
            + sum(wrong, CONFIDENCE_WRONG - 0.2 * less, 0.15);
    int every = terms == null ? 10 : Math.max(1, terms.getTrainEveryNth());
    boolean trains = terms == null || terms.getTraining();
    int trained = trains ? (n + every - 1) / every : 0;
    counts.trained = trained;
    counts.gradSamples = trained;
    int trainedWrong = chance.binomial(trained, (double) wrong / n);
    int trainedMislabelled = chance.binomial(trained - trainedWrong, (double) mislabelled / n);
    counts.gradNormSquare =
        sum(trained - trainedWrong - trainedMislabelled, GRADIENT_RIGHT, 0.05)
            + sum(trainedWrong, GRADIENT_WRONG, 0.4)
            + sum(trainedMislabelled, GRADIENT_MISLABELLED, 0.4);
    counts.updateSteps = (trained + BATCH - 1) / BATCH;
    counts.updateNormSquare = UPDATE_PER_GRADIENT * counts.gradNormSquare;
  }

  private void inputs(Counts counts, double moved, Effect flaw) {
    long n = counts.samples * VALUES;
    double mean = inputMean + INPUT_SHIFT * moved * INPUT_SD;
    double sd = INPUT_SD * (1 + 0.5 * moved);
    if (flaw == Effect.OFFSET) {
      mean += OFFSET_SDS * INPUT_SD;
    } else if (flaw == Effect.NOISE) {
      sd *= NOISE_SDS;
    }
    mean += MEAN_JITTER_SD * chance.normal();
    sd *= 1 + 0.02 * chance.normal();
    counts.inputs = n;
    if (flaw == Effect.STUCK) {
      long stuck = Math.round(inputMean);
      counts.inputSum = n * stuck;
      counts.inputSquareSum = (double) n * stuck * stuck;
      counts.inputMin = (int) stuck;
      counts.inputMax = (int) stuck;
      return;
    }
    counts.inputSum = Math.rint(n * mean);
    counts.inputSquareSum = Math.rint(n * (mean * mean + sd * sd));
    counts.inputMin = (int) (mean - 3.5 * sd);
    counts.inputMax = (int) (mean + 3.5 * sd);
  }
}
