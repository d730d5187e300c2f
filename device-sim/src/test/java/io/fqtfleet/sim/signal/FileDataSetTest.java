package io.fqtfleet.sim.signal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.signal.DataSetSource.Place;
import io.fqtfleet.sim.signal.DataSetSource.Split;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading a data set, and what is said of one that is not as its meta.json says. */
class FileDataSetTest {
  private static final int PER_CLASS = 9;
  private static final int WINDOW = SampleSource.WINDOW;

  @TempDir private Path folder;
  private DataSetFixture fixture;

  @BeforeEach
  void writes() throws IOException {
    fixture = new DataSetFixture(folder, PER_CLASS, WINDOW);
  }

  @Test
  void readsNamesAndShape() {
    FileDataSet set = FileDataSet.read(folder);
    assertEquals("tiny", set.name());
    assertEquals(List.of("red", "green", "blue"), set.classNames());
    assertEquals(List.of("north", "south"), set.domainNames());
    assertEquals(54, set.windows());
    assertEquals(2, set.channels());
    assertEquals(WINDOW, set.samples());
  }

  @Test
  void aSourceGivesTheDomainsWindowsWithTheirClassFromTheRightChannel() {
    FileDataSet set = FileDataSet.read(folder);
    SampleSource source = new DataSetSource(set, new Place(1, 1), Split.STREAM, 5, 0);
    short[] window = new short[WINDOW];
    for (int i = 0; i < 100; i++) {
      int label = source.window(i, window, 0);
      int row = window[0];
      assertEquals(1, row % 2, "row " + row + " is not of domain 1");
      assertEquals(row / 2 % 3, label);
      assertEquals(1, window[1], "channel");
      assertEquals(WINDOW - 1, window[WINDOW - 1]);
    }
  }

  @Test
  void trainingAndStreamAreDisjointInTimeAndTogetherAll() {
    FileDataSet set = FileDataSet.read(folder);
    Set<Integer> training = timesOf(new DataSetSource(set, new Place(0, 0), Split.TRAINING, 1, 0));
    Set<Integer> stream = timesOf(new DataSetSource(set, new Place(0, 0), Split.STREAM, 2, 0));
    assertEquals(Set.of(0, 1, 2), training);
    assertEquals(Set.of(3, 4, 5, 6, 7, 8), stream);
  }

  /** Times (window.bin) of what a source gives. */
  private static Set<Integer> timesOf(SampleSource source) {
    Set<Integer> times = new HashSet<>();
    short[] window = new short[WINDOW];
    for (int i = 0; i < 200; i++) {
      source.window(i, window, 0);
      times.add(PER_CLASS - 1 - window[0] / 6);
    }
    return times;
  }

  @Test
  void everyWindowIsGivenOnceWhileFreshThenAgain() {
    FileDataSet set = FileDataSet.read(folder);
    long first = 30;
    SampleSource source = new DataSetSource(set, new Place(0, 0), Split.STREAM, 3, first);
    Set<Integer> rows = new HashSet<>();
    short[] window = new short[WINDOW];
    long index = first;
    while (source.fresh(index)) {
      source.window(index++, window, 0);
      assertTrue(rows.add((int) window[0]), "row " + window[0] + " came twice");
    }
    assertEquals(18, rows.size());
    assertFalse(source.fresh(index + 100));
  }

  @Test
  void aSpaceFindsDomainsByTheNamesOfTheScenario() {
    FileDataSet set = FileDataSet.read(folder);
    SignalSpace space = new DataSetSpace(set, Map.of("here", new Place(0, 1)));
    assertEquals(
        "domain 'there' is not one of [here]",
        assertThrows(IllegalArgumentException.class, () -> space.source("there", 1, 0))
            .getMessage());
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> space.between("here", "here", 3, 1, 0))
            .getMessage()
            .contains("incremental drift needs the generator"));
  }

  @Test
  void floatsAreReadButNoSensorTakesThem() throws IOException {
    ByteBuffer x = ByteBuffer.allocate(54 * 4 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    x.putFloat(4 * Float.BYTES * 4, 0.5f);
    fixture.write("X.bin", "float32", x, 54, 4);
    fixture.writeMeta();
    FileDataSet set = FileDataSet.read(folder);
    assertEquals(1, set.channels());
    assertEquals(0.5f, set.real(4, 0, 0));
    assertEquals(
        "data set 'tiny' has windows of 4 float32 samples; devices take 512 int16 samples",
        assertThrows(
                IllegalArgumentException.class,
                () -> new DataSetSource(set, new Place(0, 0), Split.STREAM, 1, 0))
            .getMessage());
  }

  @Test
  void placesOutsideAreRefused() {
    FileDataSet set = FileDataSet.read(folder);
    List<String> messages = new ArrayList<>();
    for (Place place : List.of(new Place(0, 2), new Place(7, 0))) {
      messages.add(
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new DataSetSource(set, place, Split.STREAM, 1, 0))
              .getMessage());
    }
    assertEquals(
        List.of(
            "channel 2 is not in 0..1 of data set 'tiny'",
            "data set 'tiny' has too few windows of class red in domain 7"),
        messages);
  }

  @Test
  void aMissingFolderIsNamed() {
    Path nowhere = folder.resolve("nowhere");
    assertEquals(
        nowhere + ": there is no such folder; give the folder that holds meta.json and X.bin",
        failure(nowhere));
  }

  @Test
  void aFolderWithoutMetaIsNamed() throws IOException {
    Files.delete(folder.resolve("meta.json"));
    assertEquals(
        folder.resolve("meta.json")
            + ": there is no such file; a data set is described by a meta.json beside its files",
        failure(folder));
  }

  @Test
  void brokenJsonIsFoundByItsLine() throws IOException {
    Files.writeString(folder.resolve("meta.json"), "{\n \"name\": oops\n}");
    assertEquals(folder.resolve("meta.json") + ": line 2 is no JSON; correct it", failure(folder));
  }

  @Test
  void aTruncatedFileIsFoundByItsByteCount() throws IOException {
    Path y = folder.resolve("y.bin");
    Files.write(y, new byte[53]);
    assertEquals(
        y
            + ": it has 53 bytes; shape and dtype in meta.json make 54 (at most 1073741824 are"
            + " read); fetch the data set again, or correct meta.json",
        failure(folder));
  }

  @Test
  void aDamagedFileIsFoundByItsSum() throws IOException {
    Path y = folder.resolve("y.bin");
    byte[] bytes = Files.readAllBytes(y);
    bytes[7] ^= 1;
    Files.write(y, bytes);
    assertTrue(
        failure(folder).startsWith(y + ": its sha256 is " + DataSetFixture.sha256(bytes)),
        failure(folder));
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    Files.delete(folder.resolve("X.bin"));
    assertEquals(
        folder.resolve("X.bin")
            + ": there is no such file; meta.json lists it: fetch the data set again",
        failure(folder));
  }

  @Test
  void metaMustDescribeEveryColumn() throws IOException {
    fixture.described("y.bin").put("dtype", "int12");
    fixture.writeMeta();
    String meta = folder.resolve("meta.json") + ": files.y.bin: ";
    String remedy = "; describe it as {shape, dtype, byte_order: little, bytes, sha256}";
    assertEquals(
        meta + "dtype 'int12' is not one of int16, float32, uint8, uint16" + remedy,
        failure(folder));
    fixture.described("y.bin").put("dtype", "uint8").put("byte_order", "big");
    fixture.writeMeta();
    assertEquals(meta + "its byte order is not little" + remedy, failure(folder));
    fixture.described("y.bin").remove("shape");
    fixture.writeMeta();
    assertEquals(meta + "its shape is missing" + remedy, failure(folder));
  }

  @Test
  void aLabelBeyondTheListIsFoundByItsRow() throws IOException {
    ByteBuffer y = ByteBuffer.allocate(54);
    y.put(11, (byte) 3);
    fixture.write("y.bin", "uint8", y, 54);
    fixture.writeMeta();
    assertEquals(
        folder.resolve("y.bin")
            + ": row 11 holds 3, but meta.json lists 3 classes; complete the list, or correct the"
            + " file and its sha256",
        failure(folder));
  }

  private static String failure(Path folder) {
    return assertThrows(DataSetException.class, () -> FileDataSet.read(folder)).getMessage();
  }
}
