package io.fqtfleet.sim.trace;

import io.fqtfleet.schemas.TrainingReport;
import java.util.Arrays;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * Reports as firmware wrote them before the last field, samplesThrottled, was added. In Avro the
 * last field is the end of the bytes, so the older message is a shorter one with another
 * fingerprint.
 */
final class PreviousSchema {
  private static final int FINGERPRINT_AT = 2;

  static final long FINGERPRINT = SchemaNormalization.parsingFingerprint64(schema());

  private PreviousSchema() {}

  private static Schema schema() {
    Schema current = TrainingReport.getClassSchema();
    List<Schema.Field> fields =
        current.getFields().stream()
            .filter(field -> !field.name().equals("samplesThrottled"))
            .map(field -> new Schema.Field(field, field.schema()))
            .toList();
    return Schema.createRecord(
        current.getName(), current.getDoc(), current.getNamespace(), false, fields);
  }

  /**
   * @param last value of the last field in {@code payload}
   */
  static byte[] of(byte[] payload, long last) {
    byte[] older = Arrays.copyOf(payload, payload.length - bytes(last));
    for (int i = 0; i < Long.BYTES; i++) {
      older[FINGERPRINT_AT + i] = (byte) (FINGERPRINT >>> (8 * i));
    }
    return older;
  }

  /** Length of a number in Avro: seven bits a byte of its zig-zag code. */
  private static int bytes(long value) {
    long left = value << 1 ^ value >> 63;
    int bytes = 1;
    while (left >>> 7 != 0) {
      left >>>= 7;
      bytes++;
    }
    return bytes;
  }
}
