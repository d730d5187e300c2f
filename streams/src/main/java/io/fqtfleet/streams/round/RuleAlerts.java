package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import java.util.List;
import java.util.Locale;

/** Alerts that follow from a rule: no test, so no chance of a false alarm is given. */
final class RuleAlerts {
  private RuleAlerts() {}

  /** A firing alert; who is affected and the words are for the caller to say. */
  static Alert.Builder of(
      CohortRound round, AlertKind kind, AlertScope scope, String key, long sinceMs) {
    long endMs = round.closed.endMs();
    return Alert.newBuilder()
        .setId(AlertIds.of(scope, key, kind, endMs))
        .setKind(kind)
        .setScope(scope)
        .setKey(key)
        .setCohort(round.closed.cohort())
        .setStatus(AlertStatus.FIRING)
        .setRaisedAtMs(endMs)
        .setUpdatedAtMs(endMs)
        .setOnsetMs(sinceMs)
        .setRound(round.closed.round())
        .setPolicyVersion(round.policy.getVersion())
        .setAffectedDevices(1)
        .setCohortDevices(round.devices())
        .setTopDevices(List.of())
        .setEvidence(
            AlertEvidence.newBuilder()
                .setStatistic("rule/" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .setLogEvidence(0)
                .setLogThreshold(0)
                .setImpliedFalseAlarmsPerDay(0)
                .setBoundIsEmpirical(true)
                .setBaseline(0)
                .setCurrent(0)
                .setSamples(0)
                .setDispersion(1)
                .build())
        .setAction("")
        .setSentence("");
  }

  static Alert end(CohortRound round, Alert alert, AlertStatus status, String sentence) {
    return Alert.newBuilder(alert)
        .setStatus(status)
        .setUpdatedAtMs(round.closed.endMs())
        .setResolvedAtMs(round.closed.endMs())
        .setSentence(sentence)
        .build();
  }
}
