package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.fqtfleet.schemas.TrainingReport;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceLedgerTest {
  private final DeviceLedger ledger = new DeviceLedger();

  private static TrainingReport report(int boot, long sequence, long labelled) {
    TrainingReport report = new TrainingReport();
    TrainingReport.getClassSchema().getFields().stream()
        .filter(f -> f.schema().getType() == org.apache.avro.Schema.Type.LONG)
        .forEach(f -> report.put(f.pos(), 0L));
    report.put("bootCounter", boot);
    report.put("bootNonce", -7);
    report.put("sequence", sequence);
    report.put("samplesLabelled", labelled);
    report.put("samplesCorrect", labelled / 2);
    report.put("macsBackward", 10 * labelled);
    report.put("layers", List.of());
    return report;
  }

  @Test
  void countersOfOneBootAreDifferencedAndBootsAdded() {
    assertEquals(20, ledger.add(report(1, 1, 20)).labelled());
    assertEquals(15, ledger.add(report(1, 2, 35)).labelled());
    assertEquals(8, ledger.add(report(2, 1, 8)).labelled());
    assertEquals(43, ledger.samplesLabelled());
    assertEquals(430, ledger.macsBackward());
  }

  @Test
  void duplicatesLateOnesAndGapsAreToldApart() {
    ledger.add(report(1, 1, 10));
    ledger.add(report(1, 4, 40));
    assertEquals(2, ledger.gaps());
    assertNull(ledger.add(report(1, 4, 40)), "a duplicate");
    assertNull(ledger.add(report(1, 2, 20)), "a late one brings no new counts");
    assertEquals(1, ledger.duplicates());
    assertEquals(1, ledger.gaps());
    assertEquals(3, ledger.received());
    assertEquals(40, ledger.samplesLabelled());
  }
}
