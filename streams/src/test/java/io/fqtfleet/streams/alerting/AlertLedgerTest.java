package io.fqtfleet.streams.alerting;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.schemas.Alert;
import io.fqtfleet.schemas.AlertStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AlertLedgerTest {
  private static final long T0 = 1_700_000_000_000L;
  private static final long TIMEOUT_MS = 300_000;
  private final AlertLedger ledger = new AlertLedger(TIMEOUT_MS);
  private final Alert alert = SampleAlerts.firing("a1", "line-1", T0);

  /** Posts all that is due and says what: id and how long it fires from then on, 0 = over. */
  private List<String> post(long nowMs) {
    List<AlertLedger.Due> due = ledger.due(nowMs, 10);
    List<String> posted = new ArrayList<>();
    for (AlertLedger.Due one : due) {
      posted.add(one.id() + " " + Math.max(0, one.endsAtMs() - nowMs));
      ledger.delivered(one.id(), nowMs);
    }
    return posted;
  }

  @Test
  void anOpenAlertIsPostedOnceAndRepeatedBeforeItsTimeout() {
    ledger.changed(0, alert, T0);
    ledger.changed(0, alert, T0);
    assertEquals(List.of("a1 300000"), post(T0));
    assertEquals(List.of(), post(T0 + 99_999));
    assertEquals(List.of("a1 300000"), post(T0 + 100_000));
    ledger.changed(0, Alert.newBuilder(alert).setAffectedDevices(9).build(), T0 + 100_001);
    assertEquals(1, ledger.undelivered());
    assertEquals(List.of("a1 300000"), post(T0 + 100_001), "a change is posted at once");
    assertEquals(0, ledger.undelivered());
  }

  @Test
  void theEndIsPostedOnceAndTheAlertForgotten() {
    for (AlertStatus status : List.of(AlertStatus.RESOLVED, AlertStatus.INVALIDATED)) {
      ledger.changed(0, alert, T0);
      post(T0);
      ledger.changed(0, SampleAlerts.resolved(alert, status, T0 + 50), T0 + 60);
      AlertLedger.Due due = ledger.due(T0 + 60, 10).get(0);
      assertEquals(T0 + 50, due.endsAtMs());
      assertEquals(List.of("a1 0"), post(T0 + 60), status.toString());
      assertEquals(List.of(), post(T0 + 10 * TIMEOUT_MS));
    }
  }

  @Test
  void whatIsNotDeliveredStaysDueAndOnlyTheLastStateCounts() {
    ledger.changed(0, alert, T0);
    assertEquals(1, ledger.due(T0, 10).size());
    assertEquals(1, ledger.due(T0 + 1, 10).size(), "a failed post");
    ledger.changed(0, SampleAlerts.resolved(alert, AlertStatus.RESOLVED, T0 + 5), T0 + 6);
    assertEquals(1, ledger.undelivered());
    assertEquals(List.of("a1 0"), post(T0 + 7));
  }

  @Test
  void aRestartRepeatsWhatIsOpenAndNothingThatIsOver() {
    Alert over = SampleAlerts.firing("a2", "line-2", T0);
    ledger.replayed(0, alert, T0 + 100);
    ledger.replayed(0, over, T0 + 100);
    ledger.replayed(0, SampleAlerts.resolved(over, AlertStatus.RESOLVED, T0 + 9), T0 + 100);
    assertEquals(0, ledger.undelivered());
    assertEquals(List.of("a1 300000"), post(T0 + 100));
    Alert missed = SampleAlerts.firing("a3", "line-3", T0);
    ledger.changed(0, SampleAlerts.resolved(missed, AlertStatus.RESOLVED, T0 + 9), T0 + 101);
    assertEquals(List.of("a3 0"), post(T0 + 101), "its end is told though its start is compacted");
  }

  @Test
  void aSilencedAlertIsNotPostedUntilItsSilenceEnds() {
    Alert silenced = SampleAlerts.silenced(alert, T0 + 5000);
    ledger.changed(0, silenced, T0);
    assertEquals(List.of(), post(T0));
    assertEquals(0, ledger.undelivered());
    assertEquals(Map.of(true, 1, false, 0), ledger.openBySilenced(T0));
    assertEquals(List.of(), post(T0 + 4999));
    assertEquals(List.of("a1 300000"), post(T0 + 5000));
    assertEquals(Map.of(true, 0, false, 1), ledger.openBySilenced(T0 + 5000));
  }

  @Test
  void anAlertThatIsSilencedWhileItFiresIsEndedThere() {
    ledger.changed(0, alert, T0);
    post(T0);
    ledger.changed(0, SampleAlerts.silenced(alert, T0 + 5000), T0 + 10);
    assertEquals(List.of("a1 0"), post(T0 + 10));
    assertEquals(List.of(), post(T0 + 4000));
    Alert over = SampleAlerts.resolved(alert, AlertStatus.RESOLVED, T0 + 4500);
    ledger.changed(0, SampleAlerts.silenced(over, T0 + 5000), T0 + 4600);
    assertEquals(List.of(), post(T0 + 4600), "nobody was told, so nobody is told of the end");
    assertEquals(0, ledger.undelivered());
  }

  @Test
  void aPartitionThatMovesTakesItsAlertsAlong() {
    ledger.changed(0, alert, T0);
    ledger.changed(1, SampleAlerts.firing("b1", "line-2", T0), T0);
    ledger.forget(0);
    assertEquals(List.of("b1 300000"), post(T0));
  }

  @Test
  void aBatchIsBounded() {
    for (int i = 0; i < 25; i++) {
      ledger.changed(0, SampleAlerts.firing("c" + i, "line", T0), T0);
    }
    assertEquals(10, ledger.due(T0, 10).size());
  }
}
