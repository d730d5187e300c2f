package io.fqtfleet.streams.policy;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.DetectorChoice;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.schemas.DriftSignal;
import io.fqtfleet.schemas.ExpiryAction;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;

/**
 * A policy as an operator writes it: shares and rates as decimals, times with units. {@link
 * #toPolicy} gives the record of the config topic.
 *
 * @param cohort a cohort's name, or * for every cohort without a policy of its own
 * @param version the one that the file was made from: it is applied only if that one is still the
 *     newest; absent = whichever
 * @param comment why; shown in the history
 * @param frozen true stops all training of the cohort
 * @param frozenDevices devices that do not train
 * @param round report interval and length of a round
 * @param quiet what a device may train while its world has not changed
 * @param drift what it may train at full severity of a drift
 * @param trial what an isolated device may train before it is called faulty
 * @param recoveryRounds rounds at the baseline error before the quiet terms return
 * @param timeToLive of drift and trial budgets
 * @param onExpiry what holds after it
 * @param detection how drift is looked for
 * @param silences alerts that are recorded but not pushed
 * @param rollout how changed terms reach the devices; absent = all at once
 * @param quietHours times of day in which the quiet terms are the most
 * @param energy a bound above the buckets of the terms; absent = these alone
 * @param chooseLayers the controller chooses how deep a drifting device trains, between the first
 *     layers of the drift and the quiet terms
 */
public record PolicyFile(
    String cohort,
    Long version,
    String comment,
    Boolean frozen,
    List<String> frozenDevices,
    Duration round,
    Terms quiet,
    Terms drift,
    Terms trial,
    Integer recoveryRounds,
    Duration timeToLive,
    ExpiryAction onExpiry,
    Detection detection,
    List<Silencing> silences,
    RolloutFile rollout,
    List<RolloutFile.Quiet> quietHours,
    RolloutFile.Energy energy,
    Boolean chooseLayers) {

  /** One unit of a learning rate is 2^-20. */
  static final int RATE_UNITS = 1 << 20;

  static {
    // Avro's builders copy only classes that it trusts, and loading our codec makes it trust ours.
    WireCodec.of(Policy.class);
  }

  public PolicyFile {
    comment = comment == null ? "" : comment;
    frozen = frozen != null && frozen;
    frozenDevices = frozenDevices == null ? List.of() : frozenDevices;
    recoveryRounds = recoveryRounds == null ? 6 : recoveryRounds;
    timeToLive = timeToLive == null ? Duration.ofHours(1) : timeToLive;
    onExpiry = onExpiry == null ? ExpiryAction.FREEZE : onExpiry;
    silences = silences == null ? List.of() : silences;
    quietHours = quietHours == null ? List.of() : quietHours;
    chooseLayers = chooseLayers != null && chooseLayers;
    required("cohort", cohort);
    required("round", round);
    required("quiet", quiet);
    required("drift", drift);
    required("trial", trial);
    detection =
        detection == null
            ? new Detection(null, null, null, null, null, null, null, null, null, null)
            : detection;
    if (!cohort.equals(Topics.ANY_COHORT) && !Topics.COHORT.matcher(cohort).matches()) {
      throw new IllegalArgumentException(
          "cohort '" + cohort + "' is neither * nor " + Topics.COHORT.pattern());
    }
  }

  /**
   * What a device may train; see BudgetTerms for the ranges.
   *
   * @param reportInterval absent = a round
   */
  public record Terms(
      boolean training,
      double lambdaMin,
      double lambdaMax,
      int firstTrainableLayer,
      double learningRate,
      int batchSize,
      int trainEveryNth,
      double pseudoLabelConfidence,
      int energyCapacityMilliJoule,
      int energyRefillMilliJoulePerHour,
      Duration reportInterval) {

    BudgetTerms toTerms(int roundMs) {
      return BudgetTerms.newBuilder()
          .setTraining(training)
          .setLambdaMinPermille(permille("lambdaMin", lambdaMin))
          .setLambdaMaxPermille(permille("lambdaMax", lambdaMax))
          .setFirstTrainableLayer(firstTrainableLayer)
          .setLearningRate((int) Math.round(learningRate * RATE_UNITS))
          .setBatchSize(batchSize)
          .setTrainEveryNth(trainEveryNth)
          .setPseudoLabelPermille(permille("pseudoLabelConfidence", pseudoLabelConfidence))
          .setEnergyCapacityMilliJoule(energyCapacityMilliJoule)
          .setEnergyRefillMilliJoulePerHour(energyRefillMilliJoulePerHour)
          .setReportIntervalMs(reportInterval == null ? roundMs : millis(reportInterval))
          .build();
    }

    public Terms {
      permille("lambdaMin", lambdaMin);
      permille("lambdaMax", lambdaMax);
      permille("pseudoLabelConfidence", pseudoLabelConfidence);
      if (!(learningRate > 0 && learningRate <= 1)) {
        throw new IllegalArgumentException(
            "learningRate " + learningRate + " is not above 0 and at most 1");
      }
    }
  }

  /** How drift is looked for; thresholds follow from falsePagesPerFleetDay. */
  public record Detection(
      Double falsePagesPerFleetDay,
      Integer warmupReports,
      Integer lagReports,
      Duration grace,
      Integer quietRounds,
      Integer trialRounds,
      List<DriftSignal> signals,
      Double falseDiscoveryRate,
      Integer silentRounds,
      List<Choice> detectors) {

    DriftSettings toSettings() {
      DriftSettings.Builder settings = DriftSettings.newBuilder();
      if (falsePagesPerFleetDay != null) {
        settings.setFalsePagesPerFleetDay(falsePagesPerFleetDay);
      }
      if (warmupReports != null) {
        settings.setWarmupReports(warmupReports);
      }
      if (lagReports != null) {
        settings.setLagReports(lagReports);
      }
      if (grace != null) {
        settings.setGraceMs(millis(grace));
      }
      if (quietRounds != null) {
        settings.setQuietRounds(quietRounds);
      }
      if (trialRounds != null) {
        settings.setTrialRounds(trialRounds);
      }
      if (signals != null) {
        settings.setSignals(signals);
      }
      if (falseDiscoveryRate != null) {
        settings.setFalseDiscoveryRate(falseDiscoveryRate);
      }
      if (silentRounds != null) {
        settings.setSilentRounds(silentRounds);
      }
      if (detectors != null) {
        settings.setDetectors(detectors.stream().map(Choice::toChoice).toList());
      }
      return settings.build();
    }
  }

  /**
   * A detector of {@code fleet detect --list} in place of a signal's own.
   *
   * @param settings what differs from its defaults
   */
  public record Choice(DriftSignal signal, String detector, Map<String, String> settings) {
    public Choice {
      required("signal", signal);
      required("detector", detector);
      settings = settings == null ? Map.of() : settings;
    }

    DetectorChoice toChoice() {
      return DetectorChoice.newBuilder()
          .setSignal(signal)
          .setDetector(detector)
          .setSettings(settings)
          .build();
    }
  }

  /**
   * @param cohort absent = every cohort that the policy holds for
   * @param kind absent = every kind of alert
   * @param until as 2026-12-24T18:00:00Z
   */
  public record Silencing(
      String cohort, AlertKind kind, String until, String reason, String author) {
    public Silencing {
      required("until", until);
      required("reason", reason);
      untilMs(until);
    }

    private static long untilMs(String until) {
      try {
        return Instant.parse(until).toEpochMilli();
      } catch (DateTimeParseException e) {
        throw new IllegalArgumentException(
            "until '" + until + "' is no time; write it as 2026-12-24T18:00:00Z", e);
      }
    }

    /** The policy's author silences, unless another is named. */
    Silence toSilence(String policyAuthor) {
      return Silence.newBuilder()
          .setCohort(cohort == null ? "" : cohort)
          .setKind(kind)
          .setUntilMs(untilMs(until))
          .setReason(reason)
          .setAuthor(author == null ? policyAuthor : author)
          .build();
    }
  }

  static int permille(String name, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(name + " " + share + " is not between 0 and 1");
    }
    return (int) Math.round(share * 1000);
  }

  private static void required(String name, Object value) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing; it has no default");
    }
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }

  /**
   * Why the file may not follow this policy; null if it may.
   *
   * @param inForce of the cohort; null = it has none
   */
  public String outdated(Policy inForce) {
    long newest = inForce == null ? 0 : inForce.getVersion();
    return version == null || version == newest
        ? null
        : "made from version %d of cohort %s, in force is %d%s"
            .formatted(
                version, cohort, newest, inForce == null ? "" : " of " + inForce.getAuthor());
  }

  /** The record for the config topic. */
  public Policy toPolicy(long version, String author, long nowMs) {
    int roundMs = millis(round);
    return Policy.newBuilder()
        .setCohort(cohort)
        .setVersion(version)
        .setAuthor(author)
        .setAppliedAtMs(nowMs)
        .setComment(comment)
        .setFrozen(frozen)
        .setFrozenDevices(frozenDevices)
        .setRoundMs(roundMs)
        .setQuiet(quiet.toTerms(roundMs))
        .setDrift(drift.toTerms(roundMs))
        .setTrial(trial.toTerms(roundMs))
        .setRecoveryRounds(recoveryRounds)
        .setTimeToLiveS(Math.toIntExact(timeToLive.toSeconds()))
        .setOnExpiry(onExpiry)
        .setDriftSettings(detection.toSettings())
        .setSilences(silences.stream().map(s -> s.toSilence(author)).toList())
        .setRollout(rollout == null ? null : rollout.toPlan())
        .setQuietHours(quietHours.stream().map(RolloutFile.Quiet::toHours).toList())
        .setEnergy(energy == null ? null : energy.toBucket())
        .setChooseLayers(chooseLayers)
        .build();
  }
}
