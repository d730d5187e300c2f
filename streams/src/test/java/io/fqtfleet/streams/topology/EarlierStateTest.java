package io.fqtfleet.streams.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.streams.state.IntakeCard;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

/** State that an earlier program wrote is read on. */
class EarlierStateTest {
  @Test
  void aCardWithoutShardsIsOfAWholeCohort() throws Exception {
    Schema schema;
    try (InputStream in = getClass().getResourceAsStream("/history/IntakeCard/1.avsc")) {
      schema = new Schema.Parser().parse(in);
    }
    GenericRecord card = new GenericRecordBuilder(schema).set("statusCohort", "line-1").build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(0xC3);
    out.write(0x01);
    out.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(SchemaNormalization.parsingFingerprint64(schema))
            .array());
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(schema, GenericData.get()).write(card, encoder);
    encoder.flush();
    IntakeCard read = WireCodec.of(IntakeCard.class).decode(out.toByteArray());
    assertEquals("line-1", read.getStatusCohort());
    assertEquals(1, read.getShards());
  }
}
