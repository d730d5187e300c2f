package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.budget.BudgetRule;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;

/**
 * Decides, device by device, whose trouble it is: the cohort's, or the device's own; then what the
 * device may train.
 */
final class DeviceAttribution {
  /** Share of the rise that may remain for a device's error to count as back. */
  private static final double REMAINING_RISE = 0.12;

  /** A trial that undid at least this share of the rise has helped. */
  private static final double HELPED = 0.5;

  /** A verdict of a trial is clear if it is so many standard errors from that share. */
  private static final double CLEAR = 2;

  /** Less than that undone, and clearly less than what helps, is a failure; between, time tells. */
  private static final double FAILED = 0.75;

  /** Before so many times trialRounds only a clear failure is told: some learn slowly. */
  private static final int TRIAL_FACTOR_MIN = 2;

  /** After so many times trialRounds it has failed unless it has helped beyond half the doubt. */
  private static final int TRIAL_FACTOR_MAX = 4;

  /** Rounds in a row with an impossible signal before a device is called broken. */
  private static final int FLAW_ROUNDS = 2;

  /** Rounds that a call waits while the cohort is suspicious or the signal doubtful. */
  private static final int HELD_ROUNDS_MAX = 3;

  /** After so many times recoveryRounds a half-recovered device gets a new reference. */
  private static final int SETTLED_FACTOR = 8;

  private static final double REFERENCE_PRIOR = 50;

  /** A rise of the error that is told from the chance of a few samples. */
  private static final double RISE_MIN = 0.1;

  private final CohortRound round;
  private final CohortIncident incident;
  private final int quietRounds;
  private final int recoveryRounds;

  DeviceAttribution(CohortRound round, CohortIncident incident) {
    this.round = round;
    this.incident = incident;
    this.quietRounds = round.policy.getDriftSettings().getQuietRounds();
    this.recoveryRounds = round.policy.getRecoveryRounds();
  }

  void judge(String device, DeviceCard card) {
    Standing from = card.standing;
    DeviceVerdict verdict = new DeviceVerdict(round, device, card, from);
    double now = round.errors.current(card);
    if (round.errors.hasNews(device, card) && !Double.isNaN(now)) {
      if (!(card.standing == Standing.TRIAL && round.rollout.isQuietTime())) {
        card.rounds++;
      }
      followError(card, now);
    }
    AlertFeedback refutation = round.marks.refutation(card.alert);
    if (refutation != null) {
      verdict.resolve(
          AlertMarks.endOf(refutation),
          Sentences.refuted(refutation, "device " + device, card.lead, now));
      card.restartLanes();
      card.flawRounds = 0;
      endIncident(card);
    } else if (card.flawRounds >= FLAW_ROUNDS && !round.flawsShared && from != Standing.FAULT) {
      breaks(card, now, verdict);
    } else {
      switch (from) {
        case STABLE, WATCH -> judgeQuiet(device, card, now, verdict);
        case DRIFT -> judgeDrifting(card, now, verdict);
        case RECOVERING -> judgeRecovering(card, now, verdict);
        case TRIAL -> judgeTrial(device, card, now, verdict);
        case FAULT -> judgeFault(device, card, verdict);
      }
    }
    boolean inIncident = card.alert == null && card.standing == Standing.RECOVERING;
    if (card.standing == Standing.DRIFT || inIncident) {
      boolean held = from == Standing.DRIFT || from == Standing.RECOVERING;
      card.level = BudgetRule.level(severity(card, now), held ? card.level : 0);
    }
    verdict.conclude();
  }

  /** Counts rounds in a row in which the error is back, or is not. */
  private void followError(DeviceCard card, double now) {
    if (Double.isNaN(card.limitError)) {
      return;
    }
    boolean onTrial = card.standing == Standing.TRIAL;
    if (now > card.peakError && !onTrial) {
      card.peakError = now;
      card.limitError = Math.max(card.limitError, partOfRise(card, REMAINING_RISE));
    }
    // Of a small rise the bound of the reference is no sign of recovery.
    double limit =
        onTrial
            ? Math.min(card.limitError, partOfRise(card, HELPED) - doubt(card, now))
            : card.limitError;
    // Where all drifted together the cohort's error tells more than a device's few samples.
    boolean cohortAgrees = !incident.isOpen() || !round.cohort.dense || incident.isGood();
    boolean good = now <= limit && cohortAgrees;
    card.goodRounds = good ? card.goodRounds + 1 : 0;
    card.badRounds = good ? 0 : card.badRounds + 1;
  }

  private static double partOfRise(DeviceCard card, double share) {
    return card.baseError + share * (card.peakError - card.baseError);
  }

  private void judgeQuiet(String device, DeviceCard card, double now, DeviceVerdict verdict) {
    boolean ready = round.ready(card);
    if (incident.isOpen()) {
      round.labels.joins(device, card);
      if (!incident.isLabelNoise()
          && !incident.isClosing()
          && card.online
          && isAffected(device, card, now)) {
        startIncident(device, card, round.cohort.lead);
        card.enter(Standing.DRIFT);
      } else {
        card.enter(Standing.STABLE);
      }
      return;
    }
    double evidence = round.evidence(card);
    boolean alarms = ready && evidence >= round.settings.logThreshold();
    boolean ruled = alarms && leadOf(card) == Signal.SATURATION;
    if (round.causes.explain(card, alarms)
        || ruled
        || round.labels.explain(device, card, alarms, verdict)) {
      card.standing = Standing.WATCH;
      return;
    }
    if (alarms) {
      boolean wait =
          incident.isSuspected()
              || incident.hasOtherSuspects(device)
              || card.flawRounds > 0
              || card.attributes.contains(round.causes.separating(leadOf(card)));
      if (wait && card.heldRounds < HELD_ROUNDS_MAX) {
        int held = card.heldRounds + 1;
        card.enter(Standing.WATCH);
        card.heldRounds = held;
        return;
      }
      startTrial(device, card, verdict);
      return;
    }
    // Hysteresis: half of the threshold opens the eye, a quarter closes it.
    double open = round.settings.logThreshold() / (card.standing == Standing.WATCH ? 4 : 2);
    card.standing = ready && evidence >= open ? Standing.WATCH : Standing.STABLE;
  }

  /** When the typical device moved all are affected; else those that are off their own past. */
  private boolean isAffected(String device, DeviceCard card, double now) {
    if (incident.openedNow() && round.cohort.dense) {
      return true;
    }
    if (round.cohort.sparse) {
      return incident.isAbout(device);
    }
    if (round.cohort.lead != Signal.ERROR) {
      return round.residual(device, round.cohort.lead) > CohortRound.DEVIATIONS_OFF;
    }
    return card.lane.ready(round.settings)
        && now > Math.max(card.lane.upperError(round.settings), base(card));
  }

  private double base(DeviceCard card) {
    if (card.lead != Signal.ERROR) {
      return 0;
    }
    double pooled = incident.isOpen() ? incident.baseError() : round.signals.baseline();
    double prior = Double.isNaN(pooled) ? 0 : REFERENCE_PRIOR;
    double samples = card.lane.referenceSamples() + prior;
    return samples == 0
        ? Double.NaN
        : (card.lane.referenceErrors() + (prior == 0 ? 0 : prior * pooled)) / samples;
  }

  /**
   * @param lead what the incident is measured by from now on
   */
  private void startIncident(String device, DeviceCard card, Signal lead) {
    card.lead = lead;
    if (lead != Signal.ERROR) {
      card.recentResidual = round.residual(device, lead);
    }
    double now = round.errors.current(card);
    card.baseError = base(card);
    card.peakError = Math.max(now, card.baseError);
    card.limitError = Math.max(upper(card), partOfRise(card, REMAINING_RISE));
    card.forgetRecent();
  }

  /** Up to here a device counts as where it was. */
  private double upper(DeviceCard card) {
    if (card.lead != Signal.ERROR) {
      return Level.LIMIT;
    }
    return card.lane.ready(round.settings) ? card.lane.upperError(round.settings) : card.baseError;
  }

  /** The labelled error, if it says that something is wrong; else what says most. */
  private Signal leadOf(DeviceCard card) {
    boolean worse =
        card.lane.ready(round.settings)
            && (PlainMath.log(round.evidence(card, Signal.ERROR))
                    >= round.settings.logThreshold() / 2
                || round.errors.current(card)
                    > Math.max(
                        card.lane.upperError(round.settings),
                        card.lane.referenceError() + RISE_MIN));
    return worse ? Signal.ERROR : round.strongest(card);
  }

  private void startTrial(String device, DeviceCard card, DeviceVerdict verdict) {
    startIncident(device, card, leadOf(card));
    if (card.lead == Signal.ERROR && card.lane.risenError() > card.baseError) {
      // The mean since the onset: what alarmed is more than usual, so the latest rounds are biased.
      card.peakError = card.lane.risenError();
      card.limitError = Math.max(upper(card), partOfRise(card, REMAINING_RISE));
    }
    card.enter(Standing.TRIAL);
    verdict.raise(AlertKind.DEVICE_DRIFT, Sentences.trial(round, device, card));
  }

  private double severity(DeviceCard card, double now) {
    double upper =
        card.lead == Signal.ERROR
            ? Math.max(card.baseError, Math.min(card.limitError, incident.baseError()))
            : Level.LIMIT;
    double own = Double.isNaN(now) ? 0 : (now - upper) / (1 - upper);
    return Math.max(own, incident.severity());
  }

  private void judgeDrifting(DeviceCard card, double now, DeviceVerdict verdict) {
    if (incident.isClosing() || !incident.isOpen()) {
      // It may have joined late or again: the cohort's worst is what it has been through.
      if (card.lead == Signal.ERROR && round.cohort.lead == Signal.ERROR) {
        card.peakError = Math.max(card.peakError, round.cohort.peakError);
      }
      boolean helped = incident.isSettled() || now <= partOfRise(card, HELPED);
      if (helped || now <= card.limitError || Double.isNaN(now)) {
        endIncident(card);
      } else {
        // The cohort is well again and this device is not: from now on it stands alone.
        card.enter(Standing.TRIAL);
        verdict.raise(AlertKind.DEVICE_DRIFT, Sentences.leftBehind(round, verdict.device(), card));
      }
    } else if (card.rounds >= 2 && card.goodRounds >= 1) {
      int good = card.goodRounds;
      card.enter(Standing.RECOVERING);
      card.goodRounds = good;
    }
  }

  private void judgeRecovering(DeviceCard card, double now, DeviceVerdict verdict) {
    boolean own = card.alert != null;
    boolean cohortEnds = !own && (incident.isClosing() || !incident.isOpen());
    // In a cohort's incident a device trains on until it is where it was, or all are done.
    boolean back = own || Double.isNaN(now) || now <= upper(card);
    if (card.goodRounds >= recoveryRounds && back || cohortEnds) {
      if (own) {
        verdict.resolve(AlertStatus.RESOLVED, Sentences.helped(round, verdict.device(), card));
        card.restartLanes();
      }
      endIncident(card);
    } else if (!own && card.badRounds >= 2) {
      card.enter(Standing.DRIFT);
    } else if (own && card.rounds >= SETTLED_FACTOR * recoveryRounds) {
      verdict.resolve(AlertStatus.RESOLVED, Sentences.halfHelped(round, verdict.device(), card));
      card.restartLanes();
      endIncident(card);
    }
  }

  private void judgeTrial(String device, DeviceCard card, double now, DeviceVerdict verdict) {
    String cause = round.causes.of(card);
    if (cause != null) {
      verdict.resolve(AlertStatus.INVALIDATED, Sentences.joinedCause(device, cause));
      endIncident(card);
      return;
    }
    if (incident.openedNow() && !incident.isLabelNoise()) {
      verdict.resolve(AlertStatus.INVALIDATED, Sentences.joined(round, device));
      card.enter(Standing.DRIFT);
      return;
    }
    TrialVerdict trial = trial(card, now);
    if (card.goodRounds >= recoveryRounds || trial == TrialVerdict.HELPED) {
      int good = card.goodRounds;
      card.enter(Standing.RECOVERING);
      card.goodRounds = good;
      card.level = BudgetRule.LEVELS;
    } else if (trial == TrialVerdict.FAILED) {
      verdict.resolve(AlertStatus.RESOLVED, Sentences.trialFailed(round, device, card));
      card.enter(Standing.FAULT);
      verdict.raise(AlertKind.DEVICE_FAULT, Sentences.fault(round, device, card));
    }
  }

  private enum TrialVerdict {
    OPEN,
    HELPED,
    FAILED
  }

  /** Given when the trial's rounds are over and chance cannot have turned it, or at the latest. */
  private TrialVerdict trial(DeviceCard card, double now) {
    int rounds = round.policy.getDriftSettings().getTrialRounds();
    if (card.rounds < rounds) {
      return TrialVerdict.OPEN;
    }
    boolean errors = card.lead == Signal.ERROR;
    double left = errors ? now - card.baseError : Level.deviations(now);
    double rise = errors ? card.peakError - card.baseError : Level.deviations(card.peakError);
    double doubt = CLEAR * (errors ? round.errors.standardError(card, now) : 1);
    boolean over = card.rounds >= TRIAL_FACTOR_MAX * rounds;
    boolean failed =
        card.rounds >= TRIAL_FACTOR_MIN * rounds
            ? left >= Math.max(HELPED * rise + doubt, FAILED * rise)
            : left >= FAILED * rise + doubt;
    if (left <= HELPED * rise - (over ? doubt / 2 : doubt)) {
      return TrialVerdict.HELPED;
    }
    if (!failed && !over) {
      return TrialVerdict.OPEN;
    }
    // New inputs that the network copes with are a new world, not a broken sensor.
    return copes(card) ? TrialVerdict.HELPED : TrialVerdict.FAILED;
  }

  /** What chance may have done to a device's error in a trial. */
  private double doubt(DeviceCard card, double now) {
    return card.lead == Signal.ERROR ? CLEAR * round.errors.standardError(card, now) : 0;
  }

  /** Labels say that nothing is wrong, although the inputs differ. */
  private boolean copes(DeviceCard card) {
    boolean inputs = card.lead == Signal.INPUT_MEAN || card.lead == Signal.INPUT_SPREAD;
    if (!inputs || !card.lane.ready(round.settings) || card.recentSamples == 0) {
      return false;
    }
    double error = card.recentErrors / card.recentSamples;
    return error <= card.lane.referenceError() + round.errors.standardError(card, error);
  }

  private void breaks(DeviceCard card, double now, DeviceVerdict verdict) {
    if (card.alert != null) {
      verdict.resolve(AlertStatus.RESOLVED, Sentences.impossible(round, verdict.device()));
    }
    if (Double.isNaN(card.limitError)) {
      startIncident(verdict.device(), card, Signal.ERROR);
    }
    card.enter(Standing.FAULT);
    verdict.raise(AlertKind.DEVICE_FAULT, Sentences.impossible(round, verdict.device()));
  }

  private void judgeFault(String device, DeviceCard card, DeviceVerdict verdict) {
    DeviceRound heard = round.heard.get(device);
    if (heard == null || heard.reports == 0) {
      return;
    }
    if (card.flawRounds > 0) {
      card.goodRounds = 0;
    } else if (Double.isNaN(card.limitError)) {
      // Without a reference of its error a plausible signal is all that can be asked for.
      card.goodRounds++;
    }
    if (card.goodRounds >= quietRounds) {
      verdict.resolve(AlertStatus.RESOLVED, Sentences.soundAgain(round, device));
      card.restartLanes();
      endIncident(card);
    }
  }

  private static void endIncident(DeviceCard card) {
    card.enter(Standing.STABLE);
    card.baseError = Double.NaN;
    card.peakError = Double.NaN;
    card.limitError = Double.NaN;
    card.level = 0;
    card.lead = Signal.ERROR;
    card.recentResidual = Double.NaN;
  }
}
