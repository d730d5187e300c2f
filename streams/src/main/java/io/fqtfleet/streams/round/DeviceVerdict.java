package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.EnergyBucket;
import io.fqtfleet.schemas.Policy;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.schemas.UpdateBudget;
import io.fqtfleet.schemas.WeightsAction;
import io.fqtfleet.streams.budget.BudgetRule;
import io.fqtfleet.streams.budget.EnergyReserve;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.Signal;
import java.util.List;

/** What a round decides on one device, written down: its alert, its budget, the decision. */
final class DeviceVerdict {
  private final CohortRound round;
  private final String device;
  private final DeviceCard card;
  private final Standing from;
  private String why = "";
  private String alertId;
  private AlertEvidence evidence;

  DeviceVerdict(CohortRound round, String device, DeviceCard card, Standing from) {
    this.round = round;
    this.device = device;
    this.card = card;
    this.from = from;
  }

  String device() {
    return device;
  }

  /** Opens the device's own incident. */
  void raise(AlertKind kind, String sentence) {
    long endMs = round.closed.endMs();
    evidence = evidence();
    boolean flawed = round.flaws.containsKey(device);
    card.alert =
        Alert.newBuilder()
            .setId(AlertIds.of(AlertScope.DEVICE, device, kind, endMs))
            .setKind(kind)
            .setScope(AlertScope.DEVICE)
            .setKey(device)
            .setCohort(round.closed.cohort())
            .setStatus(AlertStatus.FIRING)
            .setRaisedAtMs(endMs)
            .setUpdatedAtMs(endMs)
            .setOnsetMs(
                flawed
                    ? endMs - (long) card.flawRounds * round.closed.roundMs()
                    : round.onsetMs(card))
            .setRound(round.closed.round())
            .setPolicyVersion(round.policy.getVersion())
            .setAffectedDevices(1)
            .setCohortDevices(round.devices())
            .setTopDevices(List.of(device))
            .setEvidence(evidence)
            .setAction(Sentences.deviceAction(round, device, kind))
            .setSentence(sentence)
            .build();
    round.alerts.add(card.alert);
    alertId = card.alert.getId();
    why = sentence;
  }

  /** Ends the device's own incident. */
  void resolve(AlertStatus status, String sentence) {
    Alert over =
        Alert.newBuilder(card.alert)
            .setStatus(status)
            .setUpdatedAtMs(round.closed.endMs())
            .setResolvedAtMs(round.closed.endMs())
            .setSentence(sentence)
            .build();
    round.alerts.add(over);
    alertId = over.getId();
    evidence = over.getEvidence();
    why = sentence;
    card.alert = null;
  }

  AlertEvidence evidence() {
    boolean flawed = round.flaws.containsKey(device);
    DeviceRound heard = round.heard.get(device);
    double dispersion = card.lane.dispersion(round.settings);
    return AlertEvidence.newBuilder()
        .setStatistic(
            flawed
                ? "input/" + round.flaws.get(device)
                : round.chosen.name(card.lead) + "/" + Sentences.name(card.lead))
        .setLogEvidence(round.evidence(card))
        .setLogThreshold(round.settings.logThreshold())
        .setImpliedFalseAlarmsPerDay(round.policy.getDriftSettings().getFalsePagesPerFleetDay())
        .setBoundIsEmpirical(
            flawed || dispersion > 1 || card.lead != Signal.ERROR || round.chosen.has(card.lead))
        .setBaseline(card.baseError)
        .setCurrent(round.errors.fresh(device, card))
        .setSamples(heard == null ? 0 : heard.labelled)
        .setDispersion(dispersion)
        .build();
  }

  /** Asks for a budget and writes the decision, if anything was decided. */
  void conclude() {
    Policy policy = round.rollout.policyFor(card);
    LayerLevels.follow(policy, round.heard.get(device), card);
    EnergyReserve reserve = reserve(policy);
    BudgetRule.Situation situation =
        new BudgetRule.Situation(
            device,
            from,
            card.standing,
            card.level,
            card.budget,
            card.reportedVersion,
            card.appliedVersion,
            card.appliedAtMs,
            card.refused,
            card.resetVersion > 0,
            card.reissues,
            card.recall,
            card.restoreVersion > 0,
            reserve,
            card.layers == null ? -1 : card.layers.first);
    BudgetRule.Issue issue =
        BudgetRule.decide(situation, policy, round.closed.endMs(), round.closed.decidableAtMs())
            .orElse(null);
    if (issue == null && from == card.standing && alertId == null) {
      return;
    }
    UpdateBudget budget = issue == null ? null : issue.budget();
    round.decisions.add(
        Decision.newBuilder()
            .setCohort(round.closed.cohort())
            .setDevice(device)
            .setRound(round.closed.round())
            .setDecidedAtMs(round.closed.endMs())
            .setPolicyVersion(policy.getVersion())
            .setFrom(from.name())
            .setTo(card.standing.name())
            .setReason(budget == null ? reason() : budget.getReason())
            .setBudgetVersion(budget == null ? null : (Long) budget.getVersion())
            .setTerms(budget == null ? null : budget.getTerms())
            .setAlertId(alert())
            .setEvidence(evidence)
            .setSentence(
                Sentences.decision(from, card, issue, why.isEmpty() ? card.rolloutSentence : why))
            .build());
    if (budget != null) {
      card.reserve = reserve == null ? null : reserve.granted(card.budget, budget);
      send(issue);
    }
  }

  /** Of a policy that bounds energy; is kept only where something changed but the time. */
  private EnergyReserve reserve(Policy policy) {
    EnergyBucket bucket = policy.getEnergy();
    if (bucket == null) {
      card.reserve = null;
      return null;
    }
    long nowMs = round.closed.endMs();
    if (card.reserve == null) {
      card.reserve = EnergyReserve.start(bucket, card.budget, nowMs);
    }
    EnergyReserve now = card.reserve.at(bucket, nowMs);
    boolean known = card.budget != null && card.appliedVersion >= card.budget.getVersion();
    EnergyReserve settled = known ? now.confirmed(card.budget) : now;
    if (settled.refill() != now.refill() || settled.capacity() != now.capacity()) {
      card.reserve = settled;
    }
    return settled;
  }

  private void send(BudgetRule.Issue issue) {
    UpdateBudget budget = issue.budget();
    round.budgets.add(budget);
    card.reissues = issue.repeats() ? card.reissues + 1 : 0;
    card.refused = false;
    if (budget.getResetErrorMax()) {
      card.resetVersion = budget.getVersion();
    } else if (card.standing == Standing.STABLE) {
      card.resetVersion = 0;
    }
    if (budget.getWeights() != WeightsAction.KEEP) {
      card.restoreVersion = budget.getVersion();
    }
    card.budget = budget;
  }

  private String alert() {
    if (alertId != null) {
      return alertId;
    }
    boolean drifts = card.standing == Standing.DRIFT || card.standing == Standing.RECOVERING;
    return drifts && round.cohort.alert != null ? round.cohort.alert.getId() : null;
  }

  private ReasonCode reason() {
    return switch (card.standing) {
      case STABLE, WATCH -> ReasonCode.STABLE;
      case DRIFT, RECOVERING -> ReasonCode.DOMAIN_DRIFT;
      case TRIAL -> ReasonCode.DEVICE_TRIAL;
      case FAULT -> ReasonCode.DEVICE_FAULT;
    };
  }
}
