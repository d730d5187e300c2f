package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertSeverity;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.drift.Longs;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.Thresholds;
import io.fqtfleet.streams.state.SharedSuspect;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * An attribute, such as a firmware or a sensor batch, that devices of several cohorts share and
 * that those in trouble have while the others do not. What is known of the fleet comes with the
 * record that closes the round; the first cohort by name raises the fleet's one alert.
 *
 * <p>Evidence of an attribute: the mean evidence of its devices, an e-detector under any
 * dependence; threshold: as of a device, with the attributes that are looked at in place of
 * devices.
 */
final class SharedCauses {
  /** In one round: mean deviations of devices that have it at least, of the others at most. */
  private static final double TROUBLED_MIN = 2;

  private static final double OTHERS_MAX = 0.75;
  private static final int OTHERS_MIN = 3;
  private static final int SHARERS_MIN = 2;

  /** Of the whole cohort; no attribute has this name. */
  private static final String ALL = "";

  /** Residuals are summed in these parts of a deviation. */
  private static final double UNITS = 1L << 32;

  private static final Signal[] SIGNALS = Signal.values();

  private final CohortRound round;
  private Named<Longs> groups = new Named<>();
  private final Map<String, SharedSuspect> suspects = new HashMap<>();

  /** What separates those that are off in a signal from the rest. */
  private final Map<Signal, String> separating = new EnumMap<>(Signal.class);

  SharedCauses(CohortRound round) {
    this.round = round;
    for (SharedSuspect suspect : round.closed.causes()) {
      suspects.put(suspect.getAttribute(), suspect);
    }
  }

  /** The attribute of a device that stands out over the fleet, or null. */
  String of(DeviceCard card) {
    for (String attribute : card.attributes) {
      SharedSuspect suspect = suspects.get(attribute);
      if (suspect != null && suspect.getLogEvidence() >= 0.5 * threshold(suspect)) {
        return attribute;
      }
    }
    return null;
  }

  /**
   * A device whose trouble has a cause that others share is not judged alone; when the cause is
   * gone it starts anew.
   *
   * @return true if it is not to be judged
   */
  boolean explain(DeviceCard card, boolean alarms) {
    Condition held = card.conditions.get(AlertKind.SHARED_CAUSE);
    if (of(card) != null) {
      if (alarms && held == null) {
        held = new Condition();
        card.conditions.put(AlertKind.SHARED_CAUSE, held);
      }
      if (held != null) {
        held.see(true, round.closed.startMs());
      }
      return held != null;
    }
    if (held == null) {
      return false;
    }
    held.good++;
    if (held.good >= round.policy.getDriftSettings().getQuietRounds()) {
      card.restartLanes();
      card.conditions.remove(AlertKind.SHARED_CAUSE);
    }
    return true;
  }

  private double threshold(SharedSuspect suspect) {
    return Thresholds.logGroup(
        round.policy.getDriftSettings().getFalsePagesPerFleetDay(),
        round.closed.roundMs(),
        suspect.getValues());
  }

  /** Devices of a known cause explain most of what is wrong with the cohort. */
  boolean explainCohort() {
    long suspicious = 0;
    long explained = 0;
    long others = 0;
    for (DeviceCard card : round.cards.values()) {
      boolean caused = of(card) != null;
      boolean troubled = round.isSuspicious(card);
      suspicious += troubled ? 1 : 0;
      explained += troubled && caused ? 1 : 0;
      others += caused ? 0 : 1;
    }
    Longs all = round.exchange.sum(Summary.EXPLAINED, new Longs(suspicious, explained, others));
    return all.get(2) > 0 && all.get(1) > 0 && all.get(1) >= 0.8 * all.get(0);
  }

  /** An attribute that separates the devices that are off in this round from the rest, or "". */
  String separating(Signal lead) {
    return separating.computeIfAbsent(lead, this::firstSeparating);
  }

  /**
   * Sums up how far the devices with each attribute are off in each signal: asked for before it is
   * separated by, where something alarms.
   */
  void compare() {
    Named<Longs> own = new Named<>();
    for (CohortRound.Member member : round.members) {
      for (Signal signal : SIGNALS) {
        double residual = round.residual(member.device(), signal);
        if (!Double.isNaN(residual)) {
          add(own, ALL, signal, residual);
          for (String attribute : member.card().attributes) {
            add(own, attribute, signal, residual);
          }
        }
      }
    }
    groups = round.exchange.sum(Summary.GROUPS, own);
  }

  private static void add(Named<Longs> groups, String name, Signal signal, double residual) {
    Longs group = groups.of(name, () -> new Longs(new long[2 * SIGNALS.length]));
    group.add(2 * signal.ordinal(), 1);
    group.add(2 * signal.ordinal() + 1, Math.round(residual * UNITS));
  }

  private String firstSeparating(Signal lead) {
    Longs all = groups.all().get(ALL);
    if (all == null) {
      return "";
    }
    int index = 2 * lead.ordinal();
    for (Map.Entry<String, Longs> entry : groups.all().entrySet()) {
      long with = entry.getValue().get(index);
      long without = all.get(index) - with;
      double sum = entry.getValue().get(index + 1) / UNITS;
      double rest = all.get(index + 1) / UNITS - sum;
      if (!entry.getKey().equals(ALL)
          && with >= SHARERS_MIN
          && without >= OTHERS_MIN
          && sum >= TROUBLED_MIN * with
          && rest <= OTHERS_MAX * without) {
        return entry.getKey();
      }
    }
    return "";
  }

  /** Raises, follows and ends the alerts that this cohort owns. */
  void judge() {
    for (SharedSuspect suspect : round.closed.causes()) {
      boolean ours = suspect.getOwner().equals(round.closed.cohort());
      if (ours && suspect.getLogEvidence() >= threshold(suspect)) {
        round.cohort.shared.computeIfAbsent(suspect.getAttribute(), a -> new Condition());
      }
    }
    round.cohort.shared.forEach(this::follow);
    round.cohort.shared.values().removeIf(condition -> condition.alert == null);
  }

  private void follow(String attribute, Condition condition) {
    SharedSuspect suspect = suspects.get(attribute);
    condition.see(suspect != null, round.closed.startMs());
    if (condition.alert == null) {
      condition.alert = alert(suspect, AlertStatus.FIRING).build();
      round.alerts.add(condition.alert);
      return;
    }
    AlertFeedback refutation = round.marks.refutation(condition.alert);
    if (refutation != null) {
      end(
          condition,
          AlertMarks.endOf(refutation),
          RuleSentences.refuted(refutation, condition.alert));
    } else if (condition.good >= round.policy.getDriftSettings().getQuietRounds()) {
      end(condition, AlertStatus.RESOLVED, RuleSentences.over(round, condition.alert));
    } else if (suspect != null
        && suspect.getSuspicious() >= 2 * condition.alert.getAffectedDevices()) {
      Alert before = condition.alert;
      condition.alert =
          alert(suspect, AlertStatus.UPDATED)
              .setId(before.getId())
              .setRaisedAtMs(before.getRaisedAtMs())
              .setRound(before.getRound())
              .setOnsetMs(before.getOnsetMs())
              .setVerification(before.getVerification())
              .build();
      round.alerts.add(condition.alert);
    }
  }

  private void end(Condition condition, AlertStatus status, String sentence) {
    round.alerts.add(RuleAlerts.end(round, condition.alert, status, sentence));
    condition.alert = null;
  }

  private Alert.Builder alert(SharedSuspect suspect, AlertStatus status) {
    Top ours = new Top();
    round.cards.forEach(
        (device, card) -> {
          if (card.attributes.contains(suspect.getAttribute()) && round.isSuspicious(card)) {
            ours.add(device, suspect.getOnsetMs());
          }
        });
    return RuleAlerts.of(
            round,
            AlertKind.SHARED_CAUSE,
            AlertScope.FLEET,
            suspect.getAttribute(),
            suspect.getOnsetMs())
        .setStatus(status)
        .setAttribute(suspect.getAttribute())
        .setAffectedDevices(suspect.getSuspicious())
        .setCohortDevices(suspect.getDevices() + suspect.getOthers())
        .setTopDevices(round.exchange.sum(Summary.SHARERS, ours).names())
        .setSeverity(AlertSeverity.CRITICAL)
        .setEvidence(evidence(suspect))
        .setAction("Nothing was changed; undo or replace what they share.")
        .setSentence(Sentences.sharedCause(round, suspect, threshold(suspect)));
  }

  private AlertEvidence evidence(SharedSuspect suspect) {
    return AlertEvidence.newBuilder()
        .setStatistic("esr/mean-of-devices")
        .setLogEvidence(suspect.getLogEvidence())
        .setLogThreshold(threshold(suspect))
        .setImpliedFalseAlarmsPerDay(round.policy.getDriftSettings().getFalsePagesPerFleetDay())
        .setBoundIsEmpirical(true)
        .setBaseline((double) suspect.getOthersSuspicious() / suspect.getOthers())
        .setCurrent((double) suspect.getSuspicious() / suspect.getDevices())
        .setSamples(suspect.getDevices())
        .setDispersion(1)
        .build();
  }
}
