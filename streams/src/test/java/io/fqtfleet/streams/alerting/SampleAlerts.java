package io.fqtfleet.streams.alerting;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertEvidence;
import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import io.fqtfleet.schemas.AlertStatus;
import io.fqtfleet.schemas.Silence;
import io.fqtfleet.schemas.WireCodec;
import java.util.List;

/** Alerts as rounds raise them. */
final class SampleAlerts {
  static final WireCodec<Alert> CODEC = WireCodec.of(Alert.class);

  private SampleAlerts() {}

  static Alert firing(String id, String cohort, long raisedAtMs) {
    AlertEvidence evidence =
        AlertEvidence.newBuilder()
            .setStatistic("esr/pooled-error")
            .setLogEvidence(25.04)
            .setLogThreshold(18.9)
            .setImpliedFalseAlarmsPerDay(1)
            .setBoundIsEmpirical(true)
            .setBaseline(0.02)
            .setCurrent(0.5)
            .setSamples(100)
            .setDispersion(1.2)
            .build();
    return Alert.newBuilder()
        .setId(id)
        .setKind(AlertKind.DOMAIN_DRIFT)
        .setScope(AlertScope.COHORT)
        .setKey(cohort)
        .setCohort(cohort)
        .setStatus(AlertStatus.FIRING)
        .setRaisedAtMs(raisedAtMs)
        .setUpdatedAtMs(raisedAtMs)
        .setOnsetMs(raisedAtMs - 4000)
        .setRound(7)
        .setPolicyVersion(1)
        .setAffectedDevices(2)
        .setCohortDevices(10)
        .setTopDevices(List.of("dev-1", "dev-2"))
        .setEvidence(evidence)
        .setAction("The affected devices may train by severity.")
        .setSentence("The world of cohort " + cohort + " changed.")
        .build();
  }

  static Alert resolved(Alert alert, AlertStatus status, long atMs) {
    return Alert.newBuilder(alert)
        .setStatus(status)
        .setUpdatedAtMs(atMs)
        .setResolvedAtMs(atMs)
        .setSentence("It is over.")
        .build();
  }

  static Alert silenced(Alert alert, long untilMs) {
    Silence silence =
        Silence.newBuilder().setUntilMs(untilMs).setReason("planned move").setAuthor("kim").build();
    return Alert.newBuilder(alert).setSilencedBy(silence).build();
  }
}
