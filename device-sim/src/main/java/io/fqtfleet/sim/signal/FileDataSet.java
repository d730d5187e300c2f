package io.fqtfleet.sim.signal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A labelled data set on disk: {@code meta.json}, {@code X.bin} [n][channels][samples] (or
 * [n][samples]) of int16 or float32, {@code y.bin} [n] of uint8, and where they apply {@code
 * domain.bin} [n], {@code window.bin} [n] (place in time inside a class and domain), {@code
 * run.bin} [n] (number of the contiguous recording) and {@code split.bin} [n] (0 where the
 * publisher of the data trains). Shape, type, byte count and SHA-256 of every file that is read are
 * checked.
 *
 * <p>Immutable once read; shared by all devices.
 */
public final class FileDataSet {
  private final String name;
  private final List<String> classNames;
  private final List<String> domainNames;
  private final String checksum;
  private final int channels;
  private final int samples;
  private final Values values;
  private final int[] labels;
  private final int[] domains;
  private final int[] times;
  private final int[] runs;
  private final int[] splits;
  private final boolean windowIndex;

  /** X in the type it was stored in; exactly one of the two is there. */
  private record Values(short[] counts, float[] reals) {}

  /**
   * Reads and checks a folder.
   *
   * @throws DataSetException with the file, what was expected and what to do
   */
  public static FileDataSet read(Path folder) {
    return new FileDataSet(DataSetFolder.open(folder));
  }

  private FileDataSet(DataSetFolder folder) {
    name = folder.text("name");
    classNames = folder.texts("classes");
    domainNames = folder.meta().path("domains").isArray() ? folder.texts("domains") : List.of();
    DataSetFolder.Described x = folder.described("X.bin");
    int[] shape = x.shape();
    if (shape.length != 2 && shape.length != 3) {
      throw new DataSetException(
          folder.metaFile(),
          "X.bin has shape %s".formatted(Arrays.toString(shape)),
          "describe it as [windows, channels, samples] or [windows, samples]");
    }
    channels = shape.length == 3 ? shape[1] : 1;
    samples = shape[shape.length - 1];
    checksum = x.sha256();
    values = values(folder, x);
    labels = column(folder, "y.bin", shape[0]);
    check(folder, "y.bin", labels, classNames.size(), "classes");
    domains = folder.has("domain.bin") ? column(folder, "domain.bin", shape[0]) : new int[shape[0]];
    if (!domainNames.isEmpty()) {
      check(folder, "domain.bin", domains, domainNames.size(), "domains");
    }
    windowIndex = folder.has("window.bin");
    times = windowIndex ? column(folder, "window.bin", shape[0]) : inFileOrder(shape[0]);
    runs = folder.has("run.bin") ? column(folder, "run.bin", shape[0]) : new int[shape[0]];
    splits = folder.has("split.bin") ? column(folder, "split.bin", shape[0]) : null;
  }

  private static Values values(DataSetFolder folder, DataSetFolder.Described x) {
    ByteBuffer bytes = ByteBuffer.wrap(folder.bytes(x)).order(ByteOrder.LITTLE_ENDIAN);
    switch (x.type()) {
      case "int16" -> {
        short[] counts = new short[bytes.remaining() / Short.BYTES];
        bytes.asShortBuffer().get(counts);
        return new Values(counts, null);
      }
      case "float32" -> {
        float[] reals = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(reals);
        return new Values(null, reals);
      }
      default ->
          throw new DataSetException(
              folder.metaFile(),
              "X.bin has dtype '" + x.type() + "'",
              "store it as int16 or float32");
    }
  }

  private static int[] column(DataSetFolder folder, String file, int rows) {
    DataSetFolder.Described described = folder.described(file);
    if (!Arrays.equals(described.shape(), new int[] {rows})) {
      throw new DataSetException(
          folder.metaFile(),
          "%s has shape %s".formatted(file, Arrays.toString(described.shape())),
          "X.bin has %d windows, so it must be [%d]".formatted(rows, rows));
    }
    ByteBuffer bytes = ByteBuffer.wrap(folder.bytes(described)).order(ByteOrder.LITTLE_ENDIAN);
    int[] column = new int[rows];
    for (int i = 0; i < rows; i++) {
      column[i] =
          switch (described.type()) {
            case "uint8" -> bytes.get(i) & 0xFF;
            case "uint16" -> bytes.getShort(i * Short.BYTES) & 0xFFFF;
            default ->
                throw new DataSetException(
                    folder.metaFile(),
                    "%s has dtype '%s'".formatted(file, described.type()),
                    "store it as uint8 or uint16");
          };
    }
    return column;
  }

  private static void check(
      DataSetFolder folder, String file, int[] column, int bound, String list) {
    for (int i = 0; i < column.length; i++) {
      if (column[i] >= bound) {
        throw new DataSetException(
            folder.file(file),
            "row %d holds %d, but meta.json lists %d %s".formatted(i, column[i], bound, list),
            "complete the list, or correct the file and its sha256");
      }
    }
  }

  private static int[] inFileOrder(int rows) {
    int[] order = new int[rows];
    Arrays.setAll(order, i -> i);
    return order;
  }

  public String name() {
    return name;
  }

  public List<String> classNames() {
    return classNames;
  }

  /** Names of the domains; empty where the data set numbers them only. */
  public List<String> domainNames() {
    return domainNames;
  }

  public int windows() {
    return labels.length;
  }

  public int channels() {
    return channels;
  }

  /** Samples of one channel of one window. */
  public int samples() {
    return samples;
  }

  /** SHA-256 of X.bin. */
  String checksum() {
    return checksum;
  }

  /** Class of a window. */
  public int label(int row) {
    return labels[row];
  }

  /** Number of a window's domain. */
  public int domain(int row) {
    return domains[row];
  }

  /** Place in time: {@code window.bin}, or the row where there is none. */
  public int time(int row) {
    return times[row];
  }

  /** True if {@code window.bin} says where in its recording a window is. */
  public boolean hasWindowIndex() {
    return windowIndex;
  }

  /** Number of the recording that a window was cut from; 0 where the set does not say. */
  public int run(int row) {
    return runs[row];
  }

  /** True if the data's publisher keeps the window for training; false where the set is silent. */
  public boolean isPublishedForTraining(int row) {
    return splits != null && splits[row] == 0;
  }

  /** Rows of a class in a domain, in time order. */
  public int[] rows(int label, int domain) {
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == label && domains[i] == domain) {
        rows.add(i);
      }
    }
    rows.sort((a, b) -> Integer.compare(times[a], times[b]));
    return rows.stream().mapToInt(Integer::intValue).toArray();
  }

  /** True if windows are int16, as sensors deliver them. */
  public boolean integers() {
    return values.counts() != null;
  }

  /** Copies one channel of one window of an int16 set. */
  public void copy(int row, int channel, short[] out, int offset) {
    System.arraycopy(values.counts(), (row * channels + channel) * samples, out, offset, samples);
  }

  /** One value of a float32 set. */
  public float real(int row, int channel, int sample) {
    return values.reals()[(row * channels + channel) * samples + sample];
  }
}
