package io.fqtfleet.programs.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier that a detector resets, on a stream whose classes change places. */
class PrequentialTest {
  private static final int ROWS = 4000;
  private static final int CHANGE = 2000;

  @TempDir private Path folder;

  /** Two normal classes in two features; from the change on they have changed places. */
  private static DataStream swapped(long seed) {
    Random random = new Random(seed);
    float[][] features = new float[ROWS][2];
    int[] labels = new int[ROWS];
    for (int row = 0; row < ROWS; row++) {
      labels[row] = random.nextInt(2);
      int place = row < CHANGE ? labels[row] : 1 - labels[row];
      features[row][0] = (float) (3 * place + random.nextGaussian());
      features[row][1] = (float) (100 + 20 * random.nextGaussian());
    }
    return new DataStream("swap", features, labels, 2, List.of(CHANGE));
  }

  @Test
  void aResetAtTheChangeKeepsTheAccuracy() {
    DataStream stream = swapped(1);
    Prequential.Outcome none = Prequential.never(stream);
    assertTrue(none.accuracy() < 0.7 && none.alarms().isEmpty(), "none " + none.accuracy());
    Prequential.Outcome periodic = Prequential.periodic(stream);
    assertEquals(List.of(999, 1999, 2999, 3999), periodic.alarms());
    for (Contender contender : Contender.all()) {
      Prequential.Outcome outcome = Prequential.detected(stream, contender);
      if (contender.name().startsWith("e-")) {
        assertEquals(1, outcome.alarms().size(), contender.name() + " seed 1");
        int delay = outcome.alarms().get(0) - CHANGE;
        assertTrue(delay >= 0 && delay < 60, contender.name() + " delay " + delay);
        assertTrue(outcome.accuracy() > 0.9, contender.name() + " " + outcome.accuracy());
      }
    }
    assertEquals(0.5, Prequential.lastLabel(stream).accuracy(), 0.05);
  }

  @Test
  void naiveBayesKnowsTheBestBoundaryOfTwoNormalClasses() {
    Random random = new Random(2);
    NaiveBayes classifier = new NaiveBayes(1, 2);
    assertEquals(0, classifier.predict(new float[] {1}));
    for (int i = 0; i < 20_000; i++) {
      int label = i % 2;
      classifier.learn(new float[] {(float) (4 * label + random.nextGaussian())}, label);
    }
    // Equal shares and variances: the boundary is half way.
    assertEquals(0, classifier.predict(new float[] {1.9f}));
    assertEquals(1, classifier.predict(new float[] {2.1f}));
    classifier.forget();
    assertEquals(0, classifier.predict(new float[] {4}));
  }

  private void write(String changes, String type) throws Exception {
    DataStream stream = swapped(3);
    ByteBuffer x = ByteBuffer.allocate(ROWS * 8).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer y = ByteBuffer.allocate(ROWS);
    for (int row = 0; row < ROWS; row++) {
      x.putFloat(stream.features()[row][0]).putFloat(stream.features()[row][1]);
      y.put((byte) stream.labels()[row]);
    }
    Files.write(folder.resolve("X.bin"), x.array());
    Files.write(folder.resolve("y.bin"), y.array());
    String described = "{\"shape\": %s, \"dtype\": \"%s\", \"sha256\": \"%s\"}";
    Files.writeString(
        folder.resolve("meta.json"),
        "{\"name\": \"swap\", \"classes\": [\"a\", \"b\"], \"change_points\": %s, \"files\": {"
                .formatted(changes)
            + "\"X.bin\": "
            + described.formatted(
                "[" + ROWS + ", " + (type.equals("int16") ? 4 : 2) + "]", type, sum(x.array()))
            + ", \"y.bin\": "
            + described.formatted("[" + ROWS + "]", "uint8", sum(y.array()))
            + "}}");
  }

  private static String sum(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void aFolderIsReadInItsOrder() throws Exception {
    write("[2000]", "float32");
    DataStream read = DataStream.read(folder);
    DataStream written = swapped(3);
    assertTrue(Arrays.deepEquals(written.features(), read.features()));
    assertTrue(Arrays.equals(written.labels(), read.labels()));
    assertEquals(List.of(2000), read.changes());
    assertEquals(2, read.classes());
  }

  @Test
  void aFolderThatIsNoTableIsRefused() throws Exception {
    write("[5000]", "float32");
    var late = assertThrows(IllegalArgumentException.class, () -> DataStream.read(folder));
    assertTrue(late.getMessage().contains("change_points holds 5000; list rows in 0..3999"));
    write("[]", "int16");
    var counts = assertThrows(IllegalArgumentException.class, () -> DataStream.read(folder));
    assertTrue(counts.getMessage().contains("X.bin is no table of float32"), counts.getMessage());
  }
}
