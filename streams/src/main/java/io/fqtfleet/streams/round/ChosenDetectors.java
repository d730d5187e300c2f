package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.DetectorChoice;
import io.fqtfleet.schemas.DriftSettings;
import io.fqtfleet.streams.drift.Detector;
import io.fqtfleet.streams.drift.DetectorKind;
import io.fqtfleet.streams.drift.DetectorPlan;
import io.fqtfleet.streams.drift.PlainMath;
import io.fqtfleet.streams.drift.Signal;
import java.util.EnumMap;
import java.util.Map;

/**
 * The detectors that the cohort's policy puts in place of devices' own lanes, signal by signal. The
 * lanes go on learning: they tell what a device's usual error is.
 *
 * <p>A detector that has no evidence in the sense of e-detectors speaks by its alarms alone. Such
 * an alarm counts as evidence beyond the threshold, for a few rounds, so that attribution can wait
 * as it does otherwise; no bound on false pages follows from it, and alerts say so.
 */
final class ChosenDetectors {
  /** Rounds for which an alarm counts: longer than a call may wait. */
  private static final int ALARM_ROUNDS = 5;

  /** An e-detector's ln M beyond this is beyond any threshold. */
  private static final double LOG_EVIDENCE_MAX = 80;

  private final Map<Signal, DetectorPlan> plans = new EnumMap<>(Signal.class);

  ChosenDetectors(DriftSettings settings) {
    for (DetectorChoice choice : settings.getDetectors()) {
      plans.put(
          Signal.valueOf(choice.getSignal().name()),
          DetectorPlan.of(choice.getDetector(), choice.getSettings()));
    }
  }

  boolean has(Signal signal) {
    return plans.containsKey(signal);
  }

  /** Name of what tests a signal. */
  String name(Signal signal) {
    return has(signal) ? plans.get(signal).kind().label() : "esr";
  }

  /** Tests one round of a device with those that were chosen; drops those that no longer are. */
  void test(DeviceCard card, DeviceRound heard) {
    card.chosen.keySet().retainAll(plans.keySet());
    for (Map.Entry<Signal, DetectorPlan> entry : plans.entrySet()) {
      Signal signal = entry.getKey();
      ChosenDetector chosen =
          card.chosen.computeIfAbsent(signal, s -> new ChosenDetector(entry.getValue()));
      Detector detector = chosen.detector(entry.getValue());
      chosen.alarmRounds = Math.max(0, chosen.alarmRounds - 1);
      if (heard.learns
          && (signal == Signal.ERROR ? addCounts(detector, heard) : add(detector, signal, heard))) {
        chosen.alarmRounds = ALARM_ROUNDS;
      }
    }
  }

  private static boolean addCounts(Detector detector, DeviceRound heard) {
    return heard.labelled > 0 && detector.addCounts(heard.errors(), heard.labelled);
  }

  /** Detectors look for rises: of a signal that is bad when low its complement is tested. */
  private static boolean add(Detector detector, Signal signal, DeviceRound heard) {
    double value = heard.value(signal);
    return !Double.isNaN(value) && detector.add(signal.sign() < 0 ? 1 - value : value);
  }

  /**
   * @param beyond evidence that is over the threshold whatever the other signals say
   */
  double evidence(DeviceCard card, Signal signal, double beyond) {
    ChosenDetector chosen = card.chosen.get(signal);
    if (chosen == null) {
      return 0;
    }
    DetectorPlan plan = plans.get(signal);
    if (isEvidence(plan.kind())) {
      double log = chosen.detector(plan).statistic();
      return Double.isNaN(log) ? 0 : PlainMath.exp(Math.min(LOG_EVIDENCE_MAX, log));
    }
    return chosen.alarmRounds > 0 ? beyond : 0;
  }

  private static boolean isEvidence(DetectorKind kind) {
    return switch (kind) {
      case E_SR, E_SR_BOUNDED, E_SR_GAUSSIAN, E_CUSUM -> true;
      default -> false;
    };
  }
}
