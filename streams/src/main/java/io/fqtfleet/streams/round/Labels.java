package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import java.util.List;
import java.util.Map;

/**
 * Tells wrong labels from a changed world: the labelled error rose, but neither the network doubts
 * more nor do the inputs differ. The gradient is asked where most samples have no label; with a
 * label it is taken towards it, so a wrong label raises it as a changed world does.
 */
final class Labels {
  private static final List<Signal> WORLD =
      List.of(Signal.CONFIDENCE, Signal.INPUT_MEAN, Signal.INPUT_SPREAD);

  /** Within so many deviations a signal is where it was. */
  private static final double FLAT = 3;

  /** Share of the evidence that a page needs from which on a signal is not flat. */
  private static final double MOVED = 0.25;

  /** A smaller rise of the error hardly shows in one round of the other signals. */
  private static final double RISE_MIN = 0.1;

  /**
   * Of a smaller one the smoothed levels tell: where the world changed, confidence falls by half as
   * many deviations as the error rises, or more. At most these shares of that are flat.
   */
  private static final double CONFIDENCE_SHARE = 0.3;

  private static final double INPUT_SHARE = 0.5;

  /** Standard errors of such a level that the error's must have, so that a share of it tells. */
  private static final double LEVEL_ERRORS_MIN = 4;

  /** Rounds in a row that a device's other signals must be flat. */
  private static final int ROUNDS_MIN = 3;

  /** After so many times quietRounds the labels are taken as they are. */
  private static final int SETTLED_FACTOR = 8;

  private final CohortRound round;

  Labels(CohortRound round) {
    this.round = round;
  }

  /** Of a cohort whose labelled error alarms. */
  boolean alone() {
    boolean known = round.cohortResiduals.containsKey(Signal.CONFIDENCE);
    double rise = round.signals.current() - round.signals.baseline();
    return known
        && (rise >= RISE_MIN || levelsAreFlat())
        && worldIsFlat(round.cohortResiduals, round.cohort.signals, round.thresholds.logCohort());
  }

  private boolean levelsAreFlat() {
    double error = level(Signal.ERROR);
    double standardError =
        Math.sqrt(Detection.levelVariance(round.devices()) / Math.max(1, round.signals.counted()));
    return error >= LEVEL_ERRORS_MIN * standardError
        && level(Signal.CONFIDENCE) <= CONFIDENCE_SHARE * error
        && Math.abs(level(Signal.INPUT_MEAN)) <= INPUT_SHARE * error
        && Math.abs(level(Signal.INPUT_SPREAD)) <= INPUT_SHARE * error;
  }

  /** Smoothed mean deviations of the cohort's devices, less what the fleet shares. */
  private double level(Signal signal) {
    return round.cohort.levels.getOrDefault(signal, 0.0)
        - round.closed.fleetLevels().getOrDefault(signal, 0.0);
  }

  /** Of a device whose labelled error alarms. */
  private boolean alone(String device, DeviceCard card) {
    DeviceRound heard = round.heard.get(device);
    return heard != null
        && heard.residuals.containsKey(Signal.CONFIDENCE)
        && round.errors.current(card) - card.lane.referenceError() >= RISE_MIN
        && worldIsFlat(heard.residuals, card.signals, round.settings.logThreshold());
  }

  /** The other signals of a cohort moved after all. */
  boolean refuted() {
    return moved(round.cohort.signals, 0.5 * round.thresholds.logCohort());
  }

  private static boolean moved(Map<Signal, SignalLane> lanes, double logEvidence) {
    return WORLD.stream()
        .map(lanes::get)
        .anyMatch(lane -> lane != null && lane.logEvidence() >= logEvidence);
  }

  private boolean worldIsFlat(
      Map<Signal, Double> residuals, Map<Signal, SignalLane> lanes, double threshold) {
    for (Signal signal : WORLD) {
      SignalLane lane = lanes.get(signal);
      boolean off = Math.abs(residuals.getOrDefault(signal, 0.0)) > FLAT;
      if (off || lane != null && lane.logEvidence() > MOVED * threshold) {
        return false;
      }
    }
    return !mostlyUnlabelled() || Math.abs(residuals.getOrDefault(Signal.GRADIENT, 0.0)) <= FLAT;
  }

  private boolean mostlyUnlabelled() {
    return 2 * round.roster.get(Roster.Count.LABELLED) < round.roster.get(Roster.Count.SEEN);
  }

  /**
   * Follows the labels of a quiet device.
   *
   * @param alarms its own evidence is over the threshold
   * @return true if its labels explain it, or may: no trial
   */
  boolean explain(String device, DeviceCard card, boolean alarms, DeviceVerdict verdict) {
    Condition noise = card.conditions.get(AlertKind.LABEL_NOISE);
    if (noise == null || noise.alert == null) {
      return alarms && suspect(device, card, verdict);
    }
    double back = card.lane.upperError(round.settings);
    noise.see(!(round.errors.current(card) <= back), round.closed.startMs());
    int quiet = round.policy.getDriftSettings().getQuietRounds();
    if (moved(card.signals, 0.5 * round.settings.logThreshold())) {
      end(card, noise, AlertStatus.INVALIDATED, Sentences.worldMoved(device));
      return false;
    }
    if (round.marks.refutation(noise.alert) != null) {
      card.restartLanes();
      end(
          card,
          noise,
          AlertMarks.endOf(round.marks.refutation(noise.alert)),
          RuleSentences.refuted(round.marks.refutation(noise.alert), noise.alert));
    } else if (noise.good >= quiet || noise.bad >= SETTLED_FACTOR * quiet) {
      if (noise.good < quiet) {
        card.restartLanes();
      }
      end(card, noise, AlertStatus.RESOLVED, Sentences.labelsOver(device, noise.good >= quiet));
    }
    return true;
  }

  private boolean suspect(String device, DeviceCard card, DeviceVerdict verdict) {
    if (!alone(device, card)) {
      card.conditions.remove(AlertKind.LABEL_NOISE);
      return false;
    }
    Condition noise = card.conditions.computeIfAbsent(AlertKind.LABEL_NOISE, k -> new Condition());
    noise.see(true, card.lane.onsetMs());
    if (noise.bad >= ROUNDS_MIN) {
      noise.alert =
          RuleAlerts.of(
                  round, AlertKind.LABEL_NOISE, AlertScope.DEVICE, device, card.lane.onsetMs())
              .setTopDevices(List.of(device))
              .setEvidence(
                  AlertEvidence.newBuilder(verdict.evidence())
                      .setBaseline(card.lane.referenceError())
                      .build())
              .setAction(RuleSentences.action(AlertKind.LABEL_NOISE))
              .setSentence(Sentences.labels(round, device, card))
              .build();
      noise.bad = 0;
      round.alerts.add(noise.alert);
    }
    return true;
  }

  /** The cohort has the same: the device's own alert was about a part of it. */
  void joins(String device, DeviceCard card) {
    Condition noise = card.conditions.get(AlertKind.LABEL_NOISE);
    if (noise != null && noise.alert != null) {
      end(card, noise, AlertStatus.INVALIDATED, Sentences.joined(round, device));
    }
  }

  private void end(DeviceCard card, Condition noise, AlertStatus status, String sentence) {
    round.alerts.add(RuleAlerts.end(round, noise.alert, status, sentence));
    card.conditions.remove(AlertKind.LABEL_NOISE);
  }
}
