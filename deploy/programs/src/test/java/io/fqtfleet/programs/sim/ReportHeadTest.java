package io.fqtfleet.programs.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

/** The head is what the codec reads, too. */
class ReportHeadTest {
  private static byte[] report() {
    TrainingReport report = new TrainingReport();
    for (Schema.Field field : TrainingReport.getClassSchema().getFields()) {
      switch (field.schema().getType()) {
        case INT -> report.put(field.pos(), 0);
        case LONG -> report.put(field.pos(), 0L);
        case ARRAY -> report.put(field.pos(), List.of());
        case STRING -> report.put(field.pos(), "press-a-00077");
        default -> report.put(field.pos(), null);
      }
    }
    report.put("bootCounter", 3);
    report.put("bootNonce", -123_456_789);
    report.put("sequence", 300_000L);
    report.put("uptimeMs", 86_400_000_000L);
    return WireCodec.of(TrainingReport.class).encode(report);
  }

  @Test
  void theFirstFieldsAreReadWithoutTheRest() {
    assertEquals(
        new ReportHead("press-a-00077", -123_456_789, 300_000, 86_400_000_000L),
        ReportHead.of(report()));
  }

  @Test
  void bytesThatEndTooEarlyHaveNone() {
    byte[] whole = report();
    for (int length = 0; length < 30; length++) {
      assertNull(ReportHead.of(Arrays.copyOf(whole, length)), length + " bytes");
    }
  }

  /** All schemas, the older ones too, begin alike. */
  @Test
  void theHeadStandsFirstInTheSchema() {
    assertEquals(
        List.of("device", "bootCounter", "bootNonce", "sequence", "uptimeMs"),
        TrainingReport.getClassSchema().getFields().stream()
            .limit(5)
            .map(Schema.Field::name)
            .toList());
  }
}
