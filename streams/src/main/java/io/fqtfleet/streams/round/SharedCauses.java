package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertFeedback;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertSeverity;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.streams.drift.ExactSum;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.Thresholds;
import io.fqtfleet.streams.state.SharedSuspect;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

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

  private static final int TOP_DEVICES = 10;

  private final CohortRound round;
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
    return others > 0 && explained > 0 && explained >= 0.8 * suspicious;
  }

  /** An attribute that separates the devices that are off in this round from the rest, or "". */
  String separating(Signal lead) {
    return separating.computeIfAbsent(lead, this::firstSeparating);
  }

  /** How far so many devices are off. */
  private static final class Group {
    private int devices;
    private final ExactSum residuals = new ExactSum();

    void add(double residual) {
      devices++;
      residuals.add(residual);
    }
  }

  private String firstSeparating(Signal lead) {
    TreeMap<String, Group> groups = new TreeMap<>();
    Group all = new Group();
    for (CohortRound.Member member : round.members) {
      double residual = round.residual(member.device(), lead);
      if (!Double.isNaN(residual)) {
        all.add(residual);
        for (String attribute : member.card().attributes) {
          groups.computeIfAbsent(attribute, a -> new Group()).add(residual);
        }
      }
    }
    for (Map.Entry<String, Group> entry : groups.entrySet()) {
      Group with = entry.getValue();
      int without = all.devices - with.devices;
      double rest = all.residuals.value() - with.residuals.value();
      if (with.devices >= SHARERS_MIN
          && without >= OTHERS_MIN
          && with.residuals.value() >= TROUBLED_MIN * with.devices
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
    List<String> ours =
        round.cards.entrySet().stream()
            .filter(e -> e.getValue().attributes.contains(suspect.getAttribute()))
            .filter(e -> round.isSuspicious(e.getValue()))
            .map(Map.Entry::getKey)
            .limit(TOP_DEVICES)
            .toList();
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
        .setTopDevices(ours)
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
