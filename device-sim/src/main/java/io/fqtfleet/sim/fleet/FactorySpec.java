package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.BudgetTerms;
import java.time.Duration;
import java.util.Objects;

/**
 * What a device may train before its first budget. Left out: nothing, until a budget allows it.
 *
 * @param training true = it trains from the start
 * @param lambdaMinPermille smallest share of structures updated, 0..1000
 * @param lambdaMaxPermille largest share of structures updated, 1..1000
 * @param firstTrainableLayer 0..3
 * @param learningRate unit 2^-20, 1..1048576
 * @param batchSize 1..64
 * @param trainEveryNth 1..1000
 * @param energyCapacityMilliJoule 0..1000000
 * @param energyRefillMilliJoulePerHour 0..1000000
 */
public record FactorySpec(
    Boolean training,
    Integer lambdaMinPermille,
    Integer lambdaMaxPermille,
    Integer firstTrainableLayer,
    Integer learningRate,
    Integer batchSize,
    Integer trainEveryNth,
    Integer energyCapacityMilliJoule,
    Integer energyRefillMilliJoulePerHour) {
  /** 0.01, the learner's measured default. */
  private static final int LEARNING_RATE = 10_486;

  private static final int UNLIMITED_MILLI_JOULE = 1_000_000;

  public FactorySpec {
    training = Objects.requireNonNullElse(training, false);
    lambdaMinPermille = Objects.requireNonNullElse(lambdaMinPermille, 100);
    lambdaMaxPermille = Objects.requireNonNullElse(lambdaMaxPermille, 1000);
    firstTrainableLayer = Objects.requireNonNullElse(firstTrainableLayer, 0);
    learningRate = Objects.requireNonNullElse(learningRate, LEARNING_RATE);
    batchSize = Objects.requireNonNullElse(batchSize, 8);
    trainEveryNth = Objects.requireNonNullElse(trainEveryNth, 1);
    energyCapacityMilliJoule =
        Objects.requireNonNullElse(energyCapacityMilliJoule, UNLIMITED_MILLI_JOULE);
    energyRefillMilliJoulePerHour =
        Objects.requireNonNullElse(energyRefillMilliJoulePerHour, UNLIMITED_MILLI_JOULE);
    new Checks()
        .range("lambdaMinPermille", lambdaMinPermille, 0, lambdaMaxPermille)
        .range("lambdaMaxPermille", lambdaMaxPermille, 1, 1000)
        .range("firstTrainableLayer", firstTrainableLayer, 0, 3)
        .range("learningRate", learningRate, 1, 1_048_576)
        .range("batchSize", batchSize, 1, 64)
        .range("trainEveryNth", trainEveryNth, 1, 1000)
        .range("energyCapacityMilliJoule", energyCapacityMilliJoule, 0, UNLIMITED_MILLI_JOULE)
        .range(
            "energyRefillMilliJoulePerHour",
            energyRefillMilliJoulePerHour,
            0,
            UNLIMITED_MILLI_JOULE)
        .done();
  }

  /** All defaults. */
  static FactorySpec frozen() {
    return new FactorySpec(null, null, null, null, null, null, null, null, null);
  }

  /** The terms before the first budget. */
  public BudgetTerms terms(Duration reportInterval) {
    return BudgetTerms.newBuilder()
        .setTraining(training)
        .setLambdaMinPermille(lambdaMinPermille)
        .setLambdaMaxPermille(lambdaMaxPermille)
        .setFirstTrainableLayer(firstTrainableLayer)
        .setLearningRate(learningRate)
        .setBatchSize(batchSize)
        .setTrainEveryNth(trainEveryNth)
        .setPseudoLabelPermille(0)
        .setEnergyCapacityMilliJoule(energyCapacityMilliJoule)
        .setEnergyRefillMilliJoulePerHour(energyRefillMilliJoulePerHour)
        .setReportIntervalMs(Math.toIntExact(reportInterval.toMillis()))
        .build();
  }
}
