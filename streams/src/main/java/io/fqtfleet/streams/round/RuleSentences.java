package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.Rollout;
import io.fqtfleet.schemas.RolloutPhase;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.streams.drift.Signal;
import java.util.Locale;

/** What people read of alerts that follow from a rule. */
final class RuleSentences {
  private RuleSentences() {}

  static String action(AlertKind kind) {
    return switch (kind) {
      case QUANT_SATURATION -> "Nothing was changed; a model with wider ranges is needed.";
      case TELEMETRY_LOSS -> "Nothing was changed; look at power and network.";
      case DISOBEDIENCE -> "Its budget is repeated a few times more; look at key and firmware.";
      case ENERGY -> "Nothing was changed; a larger energy bucket in the policy lets it train.";
      case LABEL_NOISE -> "It does not train on such labels; have their source looked at.";
      default -> "";
    };
  }

  static String device(
      CohortRound round, AlertKind kind, String device, DeviceCard card, long sinceMs) {
    String what =
        switch (kind) {
          case TELEMETRY_LOSS -> telemetry(round, card);
          case QUANT_SATURATION ->
              String.format(
                  Locale.ROOT,
                  "clamps %.1f %% of its codes (%.1f %% before)",
                  100 * round.heard.get(device).value(Signal.SATURATION),
                  100 * card.signals.get(Signal.SATURATION).referenceMean());
          case DISOBEDIENCE -> Obeying.what(card, round.heard.get(device));
          case ENERGY -> "should train, but its energy bucket is empty most of the time";
          default -> throw new IllegalArgumentException(kind + " is no rule");
        };
    return "Device %s of cohort %s %s since %s. %s"
        .formatted(device, round.closed.cohort(), what, Sentences.time(sinceMs), action(kind));
  }

  private static String telemetry(CohortRound round, DeviceCard card) {
    if (card.silentRounds >= round.policy.getDriftSettings().getSilentRounds()) {
      return card.online
          ? "is silent although it did not say good-bye"
          : "is offline and has not come back";
    }
    return String.format(
        Locale.ROOT,
        "loses %.0f %% of its reports",
        100 * card.recentLost / (card.recentLost + card.recentReports));
  }

  static String cohort(CohortRound round, AlertKind kind, int devices, long sinceMs) {
    String what =
        switch (kind) {
          case TELEMETRY_LOSS -> "are silent or lose reports";
          case QUANT_SATURATION -> "clamp more than 5 % of their codes";
          case DISOBEDIENCE -> "refuse, ignore or revert their budgets";
          case ENERGY -> "should train, but their energy buckets are empty";
          default -> throw new IllegalArgumentException(kind + " is no rule");
        };
    return "%d of %d devices of cohort %s %s since %s: one cause for all is likely. %s"
        .formatted(
            devices,
            round.devices(),
            round.closed.cohort(),
            what,
            Sentences.time(sinceMs),
            action(kind));
  }

  static String shared(CohortRound round, AlertKind kind, String device) {
    return "Device %s is not alone: much of cohort %s has %s."
        .formatted(device, round.closed.cohort(), kind);
  }

  static String cameLate(String device) {
    return "The reports of device %s that were missing came late; none was lost.".formatted(device);
  }

  static String over(CohortRound round, Alert alert) {
    return "%s of %s has been over for %d rounds."
        .formatted(
            alert.getKind(), alert.getKey(), round.policy.getDriftSettings().getQuietRounds());
  }

  static String rollout(Rollout state) {
    return state.getPhase() == RolloutPhase.ROLLED_BACK
        ? "The last good terms returned; correct the policy, or resume the rollout to try again."
        : "Nothing moves until an operator resumes or aborts the rollout.";
  }

  static String refuted(AlertFeedback refutation, Alert alert) {
    String verdict = refutation.getVerdict() == Verdict.FALSE_POSITIVE ? "a false alarm" : "benign";
    return "%s calls %s of %s %s: it is over."
        .formatted(refutation.getAuthor(), alert.getKind(), alert.getKey(), verdict);
  }
}
