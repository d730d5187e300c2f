package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.Verdict;
import io.fqtfleet.streams.budget.BudgetRule;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.InputWatch.Flaw;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.state.SharedSuspect;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;

/** What people read: what, who, since when, how sure, what was done. */
final class Sentences {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private Sentences() {}

  static String time(long ms) {
    return TIME.format(Instant.ofEpochMilli(ms));
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "unknown" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String sure(double evidence, double threshold, double pages) {
    return String.format(
        Locale.ROOT,
        "evidence e^%.1f against a threshold of e^%.1f, set for %s false pages per fleet-day",
        evidence,
        threshold,
        pages);
  }

  private static String pages(CohortRound round, double evidence, double threshold) {
    return sure(evidence, threshold, round.policy.getDriftSettings().getFalsePagesPerFleetDay());
  }

  /** As it stands in {@code AlertEvidence.statistic}: error, input-mean ... */
  static String name(Signal signal) {
    return signal.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String word(Signal signal) {
    return signal.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** What moved, from where to where. */
  private static String rise(Signal lead, double before, double now) {
    return lead == Signal.ERROR
        ? "its error rose from %s to %s".formatted(percent(before), percent(now))
        : String.format(
            Locale.ROOT,
            "its %s is %.1f deviations off what it was",
            word(lead),
            Level.deviations(now));
  }

  /** How things stand by what an incident is measured by. */
  private static String stands(Signal lead, double now) {
    return lead == Signal.ERROR
        ? "its error is " + percent(now)
        : String.format(
            Locale.ROOT, "its %s is %.1f deviations off", word(lead), Level.deviations(now));
  }

  static String drift(CohortRound round, double now, int affected) {
    if (round.cohort.alert.getKind() == AlertKind.LABEL_NOISE) {
      return ("The labels of cohort %s are doubtful: %s since %s while its confidence and inputs"
              + " stayed as they were (%s). %s")
          .formatted(
              round.closed.cohort(),
              rise(round.cohort.lead, round.cohort.baseError, now),
              time(round.cohort.alert.getOnsetMs()),
              pages(round, round.cohortEvidence, round.thresholds.logCohort()),
              RuleSentences.action(AlertKind.LABEL_NOISE));
    }
    return ("The world of cohort %s changed: %s since %s; %d of %d devices affected (%s). %s")
        .formatted(
            round.closed.cohort(),
            rise(round.cohort.lead, round.cohort.baseError, now),
            time(round.cohort.alert.getOnsetMs()),
            affected,
            round.devices(),
            pages(round, round.cohortEvidence, round.thresholds.logCohort()),
            driftAction(round, false));
  }

  static String driftAction(CohortRound round, boolean over) {
    if (!over && round.cohort.alert.getKind() == AlertKind.LABEL_NOISE) {
      return RuleSentences.action(AlertKind.LABEL_NOISE);
    }
    if (over) {
      return "The devices return to quiet terms.";
    }
    return round.policy.getFrozen()
        ? "The policy freezes the cohort, so nothing trains."
        : "The affected devices may train by severity.";
  }

  static String driftOver(CohortRound round, boolean settled) {
    CohortCard cohort = round.cohort;
    String how =
        settled
            ? "no longer falls and is accepted as the new reference"
            : "has been back for %d rounds".formatted(cohort.quietRounds);
    if (cohort.lead != Signal.ERROR) {
      return String.format(
          Locale.ROOT,
          "The %s of cohort %s %s: %.1f deviations off at worst. %s",
          word(cohort.lead),
          round.closed.cohort(),
          how,
          Level.deviations(cohort.peakError),
          driftAction(round, true));
    }
    return "The error of cohort %s %s: %s before, %s at worst, %s now. %s"
        .formatted(
            round.closed.cohort(),
            how,
            percent(cohort.baseError),
            percent(cohort.peakError),
            percent(cohort.recentError()),
            driftAction(round, true));
  }

  static String labels(CohortRound round, String device, DeviceCard card) {
    return ("The labels of device %s are doubtful: its error rose from %s to %s since %s while its"
            + " confidence and inputs stayed as they were (%s). %s")
        .formatted(
            device,
            percent(card.lane.referenceError()),
            percent(round.errors.fresh(device, card)),
            time(card.lane.onsetMs()),
            pages(round, round.evidence(card), round.settings.logThreshold()),
            RuleSentences.action(AlertKind.LABEL_NOISE));
  }

  static String worldMoved(String whose) {
    return "It is not the labels: the confidence or the inputs of %s changed too.".formatted(whose);
  }

  static String labelsOver(String device, boolean back) {
    return back
        ? "The labels of device %s agree with its model as before.".formatted(device)
        : "The labels of device %s stay as they are; they are its reference now.".formatted(device);
  }

  static String joinedCause(String device, String attribute) {
    return "Device %s is not alone: devices with %s in other cohorts have the same."
        .formatted(device, attribute);
  }

  static String sharedCause(CohortRound round, SharedSuspect suspect, double threshold) {
    return ("Devices with %s have a cause in common: %d of %d in %d cohorts are in trouble since"
            + " %s, of the others %d of %d (%s). Nothing was changed; undo or replace what they"
            + " share.")
        .formatted(
            suspect.getAttribute(),
            suspect.getSuspicious(),
            suspect.getDevices(),
            suspect.getCohorts(),
            time(suspect.getOnsetMs()),
            suspect.getOthersSuspicious(),
            suspect.getOthers(),
            pages(round, suspect.getLogEvidence(), threshold));
  }

  static String trial(CohortRound round, String device, DeviceCard card) {
    return ("Device %s drifted alone: %s since %s while cohort %s stayed as it was (%s). %s")
        .formatted(
            device,
            rise(card.lead, card.baseError, round.errors.fresh(device, card)),
            time(round.onsetMs(card)),
            round.closed.cohort(),
            pages(round, round.evidence(card), round.settings.logThreshold()),
            deviceAction(round, device, AlertKind.DEVICE_DRIFT));
  }

  static String leftBehind(CohortRound round, String device, DeviceCard card) {
    return "Device %s did not recover, %s, although cohort %s did. %s"
        .formatted(
            device,
            rise(card.lead, card.baseError, round.errors.current(card)),
            round.closed.cohort(),
            deviceAction(round, device, AlertKind.DEVICE_DRIFT));
  }

  static String deviceAction(CohortRound round, String device, AlertKind kind) {
    if (round.policy.getFrozen() || round.policy.getFrozenDevices().contains(device)) {
      return "The policy freezes it, so it does not train.";
    }
    return kind == AlertKind.DEVICE_FAULT
        ? "It is frozen, so that it does not learn from a broken sensor; have it looked at."
        : "It may train for %d rounds, to see whether that helps."
            .formatted(round.policy.getDriftSettings().getTrialRounds());
  }

  static String lateReports(CohortRound round) {
    return ("Reports that came late show that the error of cohort %s was within its bound: %s of %s"
            + " labelled samples were wrong. Nothing changed.")
        .formatted(
            round.closed.cohort(),
            Math.round(round.cohort.raisedErrors),
            Math.round(round.cohort.raisedSamples));
  }

  static String trialFailed(CohortRound round, String device, DeviceCard card) {
    return "Training for %d rounds did not help device %s, %s: it is taken for broken."
        .formatted(
            card.rounds, device, rise(card.lead, card.baseError, round.errors.current(card)));
  }

  static String fault(CohortRound round, String device, DeviceCard card) {
    return ("Device %s is broken: %s since %s, alone in cohort %s, and a trial of training did not"
            + " help. %s")
        .formatted(
            device,
            rise(card.lead, card.baseError, round.errors.current(card)),
            time(round.onsetMs(card)),
            round.closed.cohort(),
            deviceAction(round, device, AlertKind.DEVICE_FAULT));
  }

  static String impossible(CohortRound round, String device) {
    Set<Flaw> flaws = round.flaws.getOrDefault(device, Set.of());
    String what =
        flaws.contains(Flaw.STUCK)
            ? "repeats one value"
            : flaws.contains(Flaw.OFFSET)
                ? "has a mean that no signal of its past explains"
                : "is drowned in noise";
    return ("The sensor of device %s is broken: its signal %s; the other devices of cohort %s are"
            + " well. %s")
        .formatted(
            device,
            what,
            round.closed.cohort(),
            deviceAction(round, device, AlertKind.DEVICE_FAULT));
  }

  static String joined(CohortRound round, String device) {
    return "Device %s is not alone: cohort %s drifts as a whole."
        .formatted(device, round.closed.cohort());
  }

  static String helped(CohortRound round, String device, DeviceCard card) {
    return "Device %s is back: %s."
        .formatted(device, stands(card.lead, round.errors.current(card)));
  }

  static String halfHelped(CohortRound round, String device, DeviceCard card) {
    return "Training helped device %s in part: %s, which is accepted as the new reference."
        .formatted(device, rise(card.lead, card.baseError, round.errors.current(card)));
  }

  static String soundAgain(CohortRound round, String device) {
    return "Device %s of cohort %s is sound again; it returns to quiet terms."
        .formatted(device, round.closed.cohort());
  }

  static String refuted(AlertFeedback refutation, String whose, Signal lead, double now) {
    String verdict = refutation.getVerdict() == Verdict.FALSE_POSITIVE ? "a false alarm" : "benign";
    String why = refutation.getComment().isBlank() ? "" : " (" + refutation.getComment() + ")";
    return "%s calls it %s%s: it is over, and what %s does now is its reference; %s."
        .formatted(refutation.getAuthor(), verdict, why, whose, stands(lead, now));
  }

  static String departed(String device, String cohort) {
    return "Device %s left cohort %s or was retired: its incident there is over."
        .formatted(device, cohort);
  }

  static String silenced(Silence silence) {
    return "Not pushed: %s silenced it until %s (%s)."
        .formatted(
            silence.getAuthor(),
            TIME.format(Instant.ofEpochMilli(silence.getUntilMs())),
            silence.getReason());
  }

  static String decision(Standing from, DeviceCard card, BudgetRule.Issue issue, String why) {
    String moved =
        from == card.standing ? "Stays " + from : "From " + from + " to " + card.standing;
    String told = "";
    if (issue != null) {
      var budget = issue.budget();
      var terms = budget.getTerms();
      told =
          "; budget %d (%s): %s"
              .formatted(
                  budget.getVersion(),
                  budget.getReason(),
                  terms.getTraining()
                      ? "lambda %d..%d permille%s"
                          .formatted(
                              terms.getLambdaMinPermille(),
                              terms.getLambdaMaxPermille(),
                              card.layers == null
                                  ? ""
                                  : card.layers.words(terms.getFirstTrainableLayer()))
                      : "no training");
      if (issue.repeats()) {
        told +=
            card.refused
                ? "; sent again because the device refused the last one: " + card.refusal
                : "; sent again because the device still names an older one";
      }
    }
    return moved + told + "." + (why.isEmpty() ? "" : " " + why);
  }
}
