package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertSeverity;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Decision;
import io.fqtfleet.schemas.ReasonCode;
import io.fqtfleet.streams.budget.Standing;
import io.fqtfleet.streams.drift.Signal;

/** What a round decides on a cohort's incident, written down: its alert and the decision. */
final class CohortVerdict {
  /** From this severity on an incident of half of the cohort is critical. */
  private static final double CRITICAL_SEVERITY = 0.25;

  private final CohortRound round;
  private final CohortCard cohort;
  private final CohortIncident incident;

  CohortVerdict(CohortRound round, CohortIncident incident) {
    this.round = round;
    this.cohort = round.cohort;
    this.incident = incident;
  }

  /** Rises at once; falls only when the incident ends, so that an alert does not flap. */
  AlertSeverity severity() {
    boolean critical =
        cohort.affected >= 0.5 * round.devices() && incident.severity() >= CRITICAL_SEVERITY;
    boolean was = cohort.alert.getSeverity() == AlertSeverity.CRITICAL;
    return critical || was ? AlertSeverity.CRITICAL : AlertSeverity.WARNING;
  }

  /** Most evidence first. */
  Top affected() {
    boolean labels = incident.isLabelNoise();
    Top own = new Top();
    round.cards.forEach(
        (device, card) -> {
          if (labels ? round.residual(device, Signal.ERROR) > 1 : takesPart(card)) {
            own.add(device, labels ? 0 : round.linearEvidence(card), round.closed.startMs());
          }
        });
    return round.exchange.sum(Summary.AFFECTED, own);
  }

  private static boolean takesPart(DeviceCard card) {
    return card.standing == Standing.DRIFT
        || card.standing == Standing.RECOVERING && card.alert == null;
  }

  AlertEvidence evidence() {
    boolean sparse = cohort.sparse;
    return AlertEvidence.newBuilder()
        .setStatistic((sparse ? "esr/devices-" : "esr/pooled-") + Sentences.name(cohort.lead))
        .setLogEvidence(sparse ? incident.affected().logEvidence() : round.cohortEvidence)
        .setLogThreshold(sparse ? round.settings.logThreshold() : round.thresholds.logCohort())
        .setImpliedFalseAlarmsPerDay(round.policy.getDriftSettings().getFalsePagesPerFleetDay())
        .setBoundIsEmpirical(cohort.lead != Signal.ERROR || sparse || cohort.lane.dispersion() > 1)
        .setBaseline(cohort.baseError)
        .setCurrent(incident.current())
        .setSamples(round.signals.samples())
        .setDispersion(cohort.lane.dispersion())
        .build();
  }

  void emit(AlertStatus status, Top affected, String sentence) {
    boolean over = status == AlertStatus.RESOLVED || status == AlertStatus.INVALIDATED;
    cohort.alert =
        Alert.newBuilder(cohort.alert)
            .setStatus(status)
            .setUpdatedAtMs(round.closed.endMs())
            .setResolvedAtMs(over ? (Long) round.closed.endMs() : null)
            .setAffectedDevices(cohort.affected)
            .setCohortDevices(round.devices())
            .setTopDevices(
                over && affected.count() == 0 ? cohort.alert.getTopDevices() : affected.names())
            .setEvidence(evidence())
            .setConfirmedDevices(
                Math.max(cohort.alert.getConfirmedDevices(), CohortEvidence.confirmed(round)))
            .setSeverity(severity())
            .setAction(Sentences.driftAction(round, over))
            .setSentence(sentence)
            .build();
    round.alerts.add(cohort.alert);
  }

  void decide(String from, String to, ReasonCode reason) {
    round.decisions.add(
        Decision.newBuilder()
            .setCohort(round.closed.cohort())
            .setRound(round.closed.round())
            .setDecidedAtMs(round.closed.endMs())
            .setPolicyVersion(round.policy.getVersion())
            .setFrom(from)
            .setTo(to)
            .setReason(reason)
            .setAlertId(cohort.alert.getId())
            .setEvidence(cohort.alert.getEvidence())
            .setSentence(cohort.alert.getSentence())
            .build());
  }
}
