package io.fqtfleet.schemas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.WireException.Reason;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaValidationException;
import org.apache.avro.SchemaValidatorBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class WireCodecTest {
  private final WireCodec<TrainingReport> reports = WireCodec.of(TrainingReport.class);

  @Test
  void readsBackWhatItWrites() throws WireException {
    for (long seed = 0; seed < 200; seed++) {
      TrainingReport report = Samples.report(seed, (int) (seed % 9));
      assertEquals(report, reports.decode(reports.encode(report)), "seed " + seed);
    }
  }

  @Test
  void writesWhatAvroItselfCallsSingleObjectEncoding() throws IOException {
    TrainingReport report = Samples.report(1, 2);
    var avro =
        new BinaryMessageEncoder<TrainingReport>(
            org.apache.avro.specific.SpecificData.get(), TrainingReport.getClassSchema());
    assertArrayEquals(avro.encode(report).array(), reports.encode(report));
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] whole = reports.encode(Samples.report(5, 2));
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      Reason reason = assertThrows(WireException.class, () -> reports.decode(cut)).reason();
      assertEquals(length < 10 ? Reason.NOT_SINGLE_OBJECT : Reason.TRUNCATED, reason);
    }
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    assertEquals(
        Reason.TRAILING_BYTES,
        assertThrows(WireException.class, () -> reports.decode(longer)).reason());
  }

  @Test
  void corruptBytesNeverEscapeAsAnotherException() {
    corrupt(reports, Samples.report(6, 3));
    corrupt(WireCodec.of(DeviceStatus.class), Samples.status());
    corrupt(WireCodec.of(BudgetAck.class), Samples.ack());
    corrupt(WireCodec.of(UpdateBudget.class), Samples.budget("press-7", 4));
  }

  private static <T extends SpecificRecord> void corrupt(WireCodec<T> codec, T value) {
    byte[] whole = codec.encode(value);
    Random random = new Random(6);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] corrupt = whole.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        corrupt[10 + random.nextInt(corrupt.length - 10)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        codec.decode(corrupt);
      } catch (WireException e) {
        refused++;
      }
    }
    assertTrue(refused > 0, "no flip was ever noticed");
  }

  @Test
  void anUnknownWriterIsNamedWithTheRemedy() {
    byte[] bytes = reports.encode(Samples.report(7, 1));
    bytes[2] ^= 1;
    WireException e = assertThrows(WireException.class, () -> reports.decode(bytes));
    assertEquals(Reason.UNKNOWN_SCHEMA, e.reason());
    assertTrue(e.getMessage().contains("history/TrainingReport/<n>.avsc"), e.getMessage());
  }

  /** The schema of firmware before samplesThrottled was added. */
  @Test
  void aReportFromOlderFirmwareStillFlows() throws IOException, WireException {
    Schema old = oldReport();
    GenericData.Record record = new GenericData.Record(old);
    TrainingReport recent = Samples.report(8, 2);
    for (Schema.Field field : old.getFields()) {
      record.put(field.name(), recent.get(field.name()));
    }
    byte[] bytes =
        new BinaryMessageEncoder<GenericData.Record>(GenericData.get(), old).encode(record).array();

    TrainingReport read = reports.decode(bytes);

    assertEquals(recent.getSamplesSeen(), read.getSamplesSeen());
    assertEquals(recent.getLayers(), read.getLayers());
    assertEquals(0, read.getSamplesThrottled(), "the default of a field the old one lacks");
  }

  @Test
  void theCurrentSchemaReadsAllOlderOnes() throws IOException, SchemaValidationException {
    new SchemaValidatorBuilder()
        .canReadStrategy()
        .validateAll()
        .validate(TrainingReport.getClassSchema(), List.of(oldReport()));
  }

  private static Schema oldReport() throws IOException {
    try (var in = WireCodecTest.class.getResourceAsStream("/history/TrainingReport/1.avsc")) {
      return new Schema.Parser().parse(in);
    }
  }
}
