package io.fqtfleet.streams.budget;

import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import java.util.List;

/** The policy that holds until an operator gives one. */
public final class Policies {
  /** One unit of a learning rate is 2^-20. */
  private static final double RATE_UNITS = 1 << 20;

  private static final int ROUND_MS = 2000;

  static {
    // Avro's builders copy only classes that it trusts, and loading our codec makes it trust ours.
    WireCodec.of(Policy.class);
  }

  /** Version 0: quiet devices touch their last layer, drifting ones train the whole network. */
  public static final Policy DEFAULT = builtIn();

  private Policies() {}

  private static Policy builtIn() {
    BudgetTerms quiet =
        BudgetTerms.newBuilder()
            .setTraining(true)
            .setLambdaMinPermille(50)
            .setLambdaMaxPermille(100)
            .setFirstTrainableLayer(15)
            .setLearningRate((int) (0.002 * RATE_UNITS))
            .setBatchSize(8)
            .setTrainEveryNth(10)
            .setPseudoLabelPermille(0)
            .setEnergyCapacityMilliJoule(50)
            .setEnergyRefillMilliJoulePerHour(200)
            .setReportIntervalMs(ROUND_MS)
            .build();
    BudgetTerms drift =
        BudgetTerms.newBuilder(quiet)
            .setLambdaMinPermille(200)
            .setLambdaMaxPermille(1000)
            .setFirstTrainableLayer(0)
            .setLearningRate((int) (0.01 * RATE_UNITS))
            .setTrainEveryNth(1)
            .setEnergyCapacityMilliJoule(2000)
            .setEnergyRefillMilliJoulePerHour(2000)
            .build();
    BudgetTerms trial =
        BudgetTerms.newBuilder(drift)
            .setLambdaMaxPermille(500)
            .setEnergyCapacityMilliJoule(500)
            .setEnergyRefillMilliJoulePerHour(0)
            .build();
    return Policy.newBuilder()
        .setCohort(Topics.ANY_COHORT)
        .setVersion(0)
        .setAuthor("built-in")
        .setAppliedAtMs(0)
        .setFrozen(false)
        .setFrozenDevices(List.of())
        .setRoundMs(ROUND_MS)
        .setQuiet(quiet)
        .setDrift(drift)
        .setTrial(trial)
        .setRecoveryRounds(6)
        .setTimeToLiveS(3600)
        .setOnExpiry(ExpiryAction.FREEZE)
        .setDriftSettings(DriftSettings.newBuilder().build())
        .build();
  }
}
