package io.fqtfleet.streams.policy;

import io.fqtfleet.schemas.EnergyBucket;
import io.fqtfleet.schemas.QuietHours;
import io.fqtfleet.schemas.RollbackRule;
import io.fqtfleet.schemas.RolloutApproval;
import io.fqtfleet.schemas.RolloutPlan;
import java.util.List;

/**
 * The key {@code rollout} of a policy file: how changed terms reach the devices. What is absent has
 * the default of {@link RolloutPlan}.
 *
 * @param canaryCount devices that get them first; this, or canaryShare
 * @param canaryShare 0..1 of the cohort
 * @param waves share of the cohort that has them after each wave, rising; the rest follows
 * @param growth without waves: each wave makes it so many times as many
 * @param soakRounds rounds that a wave is watched
 * @param pauseRounds rounds between a wave and the next
 * @param success share of a wave that must run the new terms before it is watched
 * @param failure a wave fails if more than this share refuses, ignores or reverts them
 * @param accuracyLoss a wave fails if it lost more accuracy than this against the others
 * @param minSamples labelled samples before a wave may pass
 * @param approval before which waves an operator must approve
 * @param onFailure what a failed wave leads to
 */
public record RolloutFile(
    Integer canaryCount,
    Double canaryShare,
    List<Double> waves,
    Integer growth,
    Integer soakRounds,
    Integer pauseRounds,
    Double success,
    Double failure,
    Double accuracyLoss,
    Integer minSamples,
    RolloutApproval approval,
    RollbackRule onFailure) {

  private static final int MINUTES_PER_HOUR = 60;
  private static final int MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR;

  public RolloutFile {
    share("canaryShare", canaryShare);
    share("success", success);
    share("failure", failure);
    share("accuracyLoss", accuracyLoss);
    if (waves != null) {
      waves.forEach(wave -> share("waves", wave));
    }
  }

  private static void share(String name, Double share) {
    if (share != null) {
      PolicyFile.permille(name, share);
    }
  }

  static RolloutFile of(RolloutPlan plan) {
    return new RolloutFile(
        plan.getCanaryCount() == 0 ? null : plan.getCanaryCount(),
        plan.getCanaryPermille() == 0 ? null : PolicyText.share(plan.getCanaryPermille()),
        plan.getWavesPermille().stream().map(PolicyText::share).toList(),
        plan.getGrowth(),
        plan.getSoakRounds(),
        plan.getPauseRounds(),
        PolicyText.share(plan.getSuccessPermille()),
        PolicyText.share(plan.getFailurePermille()),
        PolicyText.share(plan.getAccuracyLossPermille()),
        plan.getMinSamples(),
        plan.getApproval(),
        plan.getOnFailure());
  }

  RolloutPlan toPlan() {
    RolloutPlan.Builder plan = RolloutPlan.newBuilder();
    if (canaryCount != null) {
      plan.setCanaryCount(canaryCount);
    }
    if (canaryShare != null) {
      plan.setCanaryPermille(PolicyFile.permille("canaryShare", canaryShare));
    }
    if (waves != null) {
      plan.setWavesPermille(waves.stream().map(w -> PolicyFile.permille("waves", w)).toList());
    }
    if (growth != null) {
      plan.setGrowth(growth);
    }
    if (soakRounds != null) {
      plan.setSoakRounds(soakRounds);
    }
    if (pauseRounds != null) {
      plan.setPauseRounds(pauseRounds);
    }
    if (success != null) {
      plan.setSuccessPermille(PolicyFile.permille("success", success));
    }
    if (failure != null) {
      plan.setFailurePermille(PolicyFile.permille("failure", failure));
    }
    if (accuracyLoss != null) {
      plan.setAccuracyLossPermille(PolicyFile.permille("accuracyLoss", accuracyLoss));
    }
    if (minSamples != null) {
      plan.setMinSamples(minSamples);
    }
    if (approval != null) {
      plan.setApproval(approval);
    }
    if (onFailure != null) {
      plan.setOnFailure(onFailure);
    }
    return plan.build();
  }

  /**
   * A time of day (UTC) in which no device trains beyond the quiet terms.
   *
   * @param from as 22:00
   * @param to as 06:00; before {@code from} = on the next day
   */
  public record Quiet(String from, String to) {
    public Quiet {
      minute("from", from);
      minute("to", to);
    }

    static Quiet of(QuietHours hours) {
      return new Quiet(text(hours.getFromMinute()), text(hours.getToMinute()));
    }

    QuietHours toHours() {
      return QuietHours.newBuilder()
          .setFromMinute(minute("from", from))
          .setToMinute(minute("to", to))
          .build();
    }

    private static String text(int minute) {
      return "%02d:%02d".formatted(minute / MINUTES_PER_HOUR, minute % MINUTES_PER_HOUR);
    }

    private static int minute(String name, String text) {
      if (text == null || !text.matches("\\d{1,2}:[0-5]\\d")) {
        throw new IllegalArgumentException(
            "%s '%s' is no time of day; write it as \"06:30\", in UTC".formatted(name, text));
      }
      int colon = text.indexOf(':');
      int minute =
          Integer.parseInt(text.substring(0, colon)) * MINUTES_PER_HOUR
              + Integer.parseInt(text.substring(colon + 1));
      if (minute >= MINUTES_PER_DAY) {
        throw new IllegalArgumentException(
            "%s '%s' is after 23:59; midnight is \"00:00\"".formatted(name, text));
      }
      return minute;
    }
  }

  /** A bound above the energy buckets of the terms. */
  public record Energy(int capacityMilliJoule, int refillMilliJoulePerHour) {
    static Energy of(EnergyBucket bucket) {
      return new Energy(bucket.getCapacityMilliJoule(), bucket.getRefillMilliJoulePerHour());
    }

    EnergyBucket toBucket() {
      return EnergyBucket.newBuilder()
          .setCapacityMilliJoule(capacityMilliJoule)
          .setRefillMilliJoulePerHour(refillMilliJoulePerHour)
          .build();
    }
  }
}
