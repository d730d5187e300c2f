package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.streams.drift.LogSpace;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.util.List;

/**
 * The incident of a whole cohort: opened once by evidence, held until its error has been back for
 * long enough or no longer falls, then closed with a new epoch for every detector.
 */
final class CohortIncident {
  /** Share of the rise that may remain for the error to count as back. */
  private static final double REMAINING_RISE = 0.12;

  /** A fall of the error that counts as progress. */
  private static final double PROGRESS = 0.01;

  /** After so many times quietRounds without progress training has done what it can. */
  private static final int SETTLED_FACTOR = 5;

  /** A rise of the error that needs no further evidence to be what the incident is about. */
  private static final double RISE_MIN = 0.1;

  /** Rounds that an alarm waits while an attribute that other cohorts have too may explain it. */
  private static final int HELD_ROUNDS_MAX = 4;

  private final CohortRound round;
  private final CohortCard cohort;
  private final String name;
  private boolean opened;
  private boolean closing;
  private boolean settled;
  private boolean good;
  private boolean late;
  private AffectedDevices affected;
  private double sparseLevel;
  private final CohortVerdict verdict;
  private final LateReports lateReports;

  /** The operator's verdict that ends the incident, or null. */
  private AlertFeedback refutation;

  CohortIncident(CohortRound round) {
    this.round = round;
    this.cohort = round.cohort;
    this.name = round.closed.cohort();
    this.lateReports = new LateReports(round);
    this.verdict = new CohortVerdict(round, this);
  }

  /** Open before the devices are judged. */
  boolean isOpen() {
    return cohort.alert != null;
  }

  boolean openedNow() {
    return opened;
  }

  /** Ends with this round: its devices return to their own standing. */
  boolean isClosing() {
    return closing;
  }

  /** Ends because training no longer helps, not because the error is back. */
  boolean isSettled() {
    return settled;
  }

  /** The cohort's error is back in this round. */
  boolean isGood() {
    return good;
  }

  /** Enough evidence to wait before judging a device alone. */
  boolean isSuspected() {
    return round.cohortEvidence >= 0.5 * round.thresholds.logCohort();
  }

  double baseError() {
    return cohort.baseError;
  }

  /** What the incident is measured by, as an alert tells it. */
  double current() {
    return opened ? fresh() : level();
  }

  AffectedDevices affected() {
    return affected;
  }

  /** 0..1: how much of what could be lost is lost. */
  double severity() {
    double now = level();
    double fresh = fresh();
    double worst = opened && !Double.isNaN(fresh) ? Math.max(now, fresh) : now;
    return Double.isNaN(worst) ? 0 : (worst - cohort.baseUpper) / (1 - cohort.baseUpper);
  }

  /** What the incident is measured by, over the latest rounds; NaN = not known. */
  private double level() {
    if (cohort.sparse) {
      return sparseLevel;
    }
    return cohort.lead == Signal.ERROR ? cohort.recentError() : fresh();
  }

  /** Of an incident of some devices: as they are before they are judged, and again after. */
  private void measure() {
    if (cohort.sparse) {
      sparseLevel = affected.level(cohort.lead, opened, cohort.baseError);
    }
  }

  /** The same in this round alone. */
  private double fresh() {
    if (cohort.sparse) {
      return level();
    }
    return cohort.lead == Signal.ERROR
        ? round.signals.current()
        : Level.of(round.cohortResiduals.getOrDefault(cohort.lead, Double.NaN));
  }

  void beforeDevices() {
    affected = new AffectedDevices(round);
    boolean measured = round.signals.counted() > 0 || !round.cohortResiduals.isEmpty();
    boolean pooled = measured && round.cohortEvidence >= round.thresholds.logCohort();
    if (isOpen()) {
      measure();
      follow();
      return;
    }
    if (pooled || affected.areSeveral() || affected.anyAlarming()) {
      round.causes.compare();
    }
    if (pooled || affected.areSeveral()) {
      Signal lead = pooled ? leadOf() : affected.lead();
      String attribute = round.causes.separating(lead);
      boolean wait = !attribute.isEmpty() && cohort.heldRounds < HELD_ROUNDS_MAX;
      boolean ruled = lead == Signal.SATURATION || round.causes.explainCohort();
      if (pooled && cohort.heldRounds > 0 && isBack()) {
        // What others shared is over; only its evidence is left.
        cohort.lane.restart();
        cohort.signals.values().forEach(SignalLane::restart);
        cohort.heldRounds = 0;
      } else if (wait || ruled) {
        cohort.heldRounds = Math.min(HELD_ROUNDS_MAX, cohort.heldRounds + 1);
      } else {
        open(lead, attribute);
      }
    } else {
      cohort.heldRounds = 0;
    }
  }

  private boolean isBack() {
    Signal lead = leadOf();
    return lead == Signal.ERROR
        ? round.signals.current() <= round.signals.upper()
        : round.cohortResiduals.getOrDefault(lead, 0.0) <= CohortRound.DEVIATIONS_OFF;
  }

  /** The labels are wrong, not the world: nothing trains on them. */
  boolean isLabelNoise() {
    return isOpen() && cohort.alert.getKind() == AlertKind.LABEL_NOISE;
  }

  /** The labelled error, if it says that something is wrong; else what says most. */
  private Signal leadOf() {
    double sure = Math.max(round.signals.upper(), round.signals.baseline() + RISE_MIN);
    boolean worse =
        cohort.lane.logEvidence() >= 0.25 * round.thresholds.logCohort()
            || round.signals.current() > sure;
    return worse ? Signal.ERROR : strongest();
  }

  /** The signal other than the error with the most evidence; ERROR if none has any. */
  private Signal strongest() {
    Signal best = Signal.ERROR;
    double most = LogSpace.ZERO;
    for (Signal signal : round.others) {
      SignalLane lane = cohort.signals.get(signal);
      if (lane != null && lane.logEvidence() > most) {
        best = signal;
        most = lane.logEvidence();
      }
    }
    return best;
  }

  private boolean isDense() {
    if (cohort.lead == Signal.ERROR) {
      return round.signals.dense();
    }
    return affected.isTypical(cohort.lead);
  }

  private void open(Signal lead, String attribute) {
    opened = true;
    cohort.heldRounds = 0;
    cohort.lead = lead;
    boolean errors = cohort.lead == Signal.ERROR;
    cohort.dense = isDense();
    cohort.sparse = !cohort.dense && affected.areSeveral();
    cohort.baseError = errors ? baseline(false) : 0;
    cohort.baseUpper = errors ? baseline(true) : Level.LIMIT;
    lateReports.open();
    measure();
    cohort.peakError = fresh();
    cohort.bestError = fresh();
    cohort.quietRounds = 0;
    cohort.roundsSinceBest = 0;
    cohort.affected = 0;
    round.cards.values().forEach(DeviceCard::forgetRecent);
    cohort.signals.values().forEach(SignalLane::forgetRecent);
    AlertEvidence evidence = verdict.evidence();
    AlertKind kind =
        errors && round.labels.alone() ? AlertKind.LABEL_NOISE : AlertKind.DOMAIN_DRIFT;
    cohort.alert =
        Alert.newBuilder()
            .setId(AlertIds.of(AlertScope.COHORT, name, kind, round.closed.endMs()))
            .setKind(kind)
            .setAttribute(attribute)
            .setSignals(CohortEvidence.signals(round))
            .setScope(AlertScope.COHORT)
            .setKey(name)
            .setCohort(name)
            .setStatus(AlertStatus.FIRING)
            .setRaisedAtMs(round.closed.endMs())
            .setUpdatedAtMs(round.closed.endMs())
            .setOnsetMs(onsetMs())
            .setRound(round.closed.round())
            .setPolicyVersion(round.policy.getVersion())
            .setAffectedDevices(0)
            .setCohortDevices(round.devices())
            .setTopDevices(List.of())
            .setEvidence(evidence)
            .setAction("")
            .setSentence("")
            .build();
  }

  private double baseline(boolean bound) {
    if (cohort.sparse) {
      return affected.reference(bound);
    }
    return bound ? round.signals.upper() : round.signals.baseline();
  }

  /** Others than this device stand out too: it may be one incident. */
  boolean hasOtherSuspects(String device) {
    return affected.includeOthersThan(device);
  }

  /** Of an incident of some devices: this one is one of them. */
  boolean isAbout(String device) {
    return affected.include(device);
  }

  private long onsetMs() {
    if (cohort.sparse) {
      return affected.onsetMs();
    }
    return cohort.lead == Signal.ERROR
        ? cohort.lane.onsetMs()
        : cohort.signals.get(cohort.lead).onsetMs();
  }

  private void follow() {
    refutation = round.marks.refutation(cohort.alert);
    if (refutation != null) {
      // What is now becomes the reference, as after a change that training cannot undo.
      settled = true;
      closing = true;
      return;
    }
    late = lateReports.refute();
    if (late) {
      settled = true;
      closing = true;
      return;
    }
    double now = level();
    if (Double.isNaN(fresh()) || Double.isNaN(now)) {
      return;
    }
    cohort.peakError = Math.max(cohort.peakError, now);
    double limit =
        Math.max(
            cohort.baseUpper,
            cohort.baseError + REMAINING_RISE * (cohort.peakError - cohort.baseError));
    good = now <= limit;
    cohort.quietRounds = good ? cohort.quietRounds + 1 : 0;
    cohort.roundsSinceBest++;
    if (now < cohort.bestError - PROGRESS) {
      cohort.bestError = now;
      cohort.roundsSinceBest = 0;
    }
    int quiet = round.policy.getDriftSettings().getQuietRounds();
    settled = !good && cohort.roundsSinceBest >= SETTLED_FACTOR * quiet;
    // What training still improves is not over: the new world may be a harder one for good.
    boolean flat = now <= cohort.baseUpper || cohort.roundsSinceBest >= quiet;
    closing = cohort.quietRounds >= quiet && flat || settled;
  }

  void afterDevices() {
    if (!isOpen()) {
      return;
    }
    measure();
    Top devices = verdict.affected();
    cohort.affected = Math.max(cohort.affected, devices.count());
    if (opened) {
      verdict.emit(AlertStatus.FIRING, devices, Sentences.drift(round, fresh(), cohort.affected));
      verdict.decide(
          "CALM", "DRIFT", isLabelNoise() ? ReasonCode.LABEL_NOISE : ReasonCode.DOMAIN_DRIFT);
    } else if (isLabelNoise() && round.labels.refuted()) {
      verdict.emit(AlertStatus.INVALIDATED, devices, Sentences.worldMoved("cohort " + name));
      verdict.decide("DRIFT", "CALM", ReasonCode.LABEL_NOISE);
      // The evidence stays: the next round says what it is instead.
      cohort.alert = null;
      cohort.lead = Signal.ERROR;
      cohort.sparse = false;
    } else if (closing) {
      if (refutation != null) {
        String sentence = Sentences.refuted(refutation, "cohort " + name, cohort.lead, level());
        verdict.emit(AlertMarks.endOf(refutation), devices, sentence);
      } else if (late) {
        verdict.emit(AlertStatus.INVALIDATED, devices, Sentences.lateReports(round));
      } else {
        verdict.emit(AlertStatus.RESOLVED, devices, Sentences.driftOver(round, settled));
      }
      verdict.decide(
          "DRIFT", late ? "CALM" : settled ? "SETTLED" : "RECOVERED", ReasonCode.RECOVERED);
      close();
    } else if (hasGrown() || verdict.severity() != cohort.alert.getSeverity()) {
      verdict.emit(AlertStatus.UPDATED, devices, Sentences.drift(round, fresh(), cohort.affected));
    }
  }

  private boolean hasGrown() {
    long rounds = (round.closed.endMs() - cohort.alert.getUpdatedAtMs()) / round.closed.roundMs();
    int more = cohort.affected - cohort.alert.getAffectedDevices();
    return more >= Math.max(1, round.devices() / 10)
        && rounds >= round.policy.getDriftSettings().getQuietRounds();
  }

  /** The world is what it is now: every detector but those of broken devices starts anew. */
  private void close() {
    cohort.alert = null;
    cohort.lane.restart();
    if (late) {
      // Nothing changed, so the references hold; only what looked like evidence is dropped.
      cohort.signals.values().forEach(SignalLane::forgetEvidence);
      round.cards.values().forEach(DeviceCard::forgetEvidence);
    } else {
      cohort.signals.values().forEach(SignalLane::restart);
      restartDevices();
    }
    cohort.lead = Signal.ERROR;
    cohort.sparse = false;
    cohort.baseError = Double.NaN;
    cohort.baseUpper = Double.NaN;
    cohort.peakError = Double.NaN;
    cohort.bestError = Double.NaN;
  }

  private void restartDevices() {
    for (DeviceCard card : round.cards.values()) {
      if (!card.isolated()) {
        card.restartLanes();
        card.pastResidual = 0;
      }
    }
  }
}
