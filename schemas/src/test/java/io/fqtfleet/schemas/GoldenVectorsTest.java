package io.fqtfleet.schemas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenVectorsTest {
  /** With -Dfqt.golden.write=true the files are written instead: after a change of schema only. */
  @ParameterizedTest
  @ValueSource(
      classes = {TrainingReport.class, DeviceStatus.class, BudgetAck.class, UpdateBudget.class})
  <T extends SpecificRecord> void bytesAndFieldsAreThoseOnFile(Class<T> type)
      throws IOException, WireException {
    if (Boolean.getBoolean("fqt.golden.write")) {
      Files.writeString(GoldenVectors.file(type), GoldenVectors.write(type));
    }
    WireCodec<T> codec = WireCodec.of(type);
    List<GoldenVectors.Vector> vectors = GoldenVectors.read(type);
    assertFalse(vectors.isEmpty(), "no vectors in " + GoldenVectors.file(type));
    for (GoldenVectors.Vector vector : vectors) {
      T value = codec.decode(vector.bytes());
      assertEquals(vector.fields(), GoldenVectors.fields(value), vector.name());
      assertArrayEquals(vector.bytes(), codec.encode(value), vector.name());
    }
  }
}
