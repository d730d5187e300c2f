package io.fqtfleet.sim.signal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A tiny data set on disk: 3 classes, 2 domains, 2 channels, {@code perClass} windows of each class
 * in each domain. Sample 0 of a window is its row, sample 1 the channel.
 */
public final class DataSetFixture {
  static final int CLASSES = 3;
  static final int DOMAINS = 2;
  static final int CHANNELS = 2;

  private final Path folder;
  private final ObjectNode meta = new ObjectMapper().createObjectNode();

  /** Writes it. */
  public static void write(Path folder, int perClass, int samples) throws IOException {
    new DataSetFixture(folder, perClass, samples);
  }

  DataSetFixture(Path folder, int perClass, int samples) throws IOException {
    this.folder = folder;
    int rows = CLASSES * DOMAINS * perClass;
    meta.put("name", "tiny");
    meta.putArray("classes").add("red").add("green").add("blue");
    meta.putArray("domains").add("north").add("south");
    ByteBuffer x = buffer(rows * CHANNELS * samples * Short.BYTES);
    ByteBuffer y = buffer(rows);
    ByteBuffer domain = buffer(rows);
    ByteBuffer window = buffer(rows * Short.BYTES);
    for (int row = 0; row < rows; row++) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        x.putShort((short) row).putShort((short) channel);
        for (int i = 2; i < samples; i++) {
          x.putShort((short) i);
        }
      }
      y.put((byte) (row / DOMAINS % CLASSES));
      domain.put((byte) (row % DOMAINS));
      // time runs backwards in the file, so that order by time and by row differ
      window.putShort((short) (perClass - 1 - row / (CLASSES * DOMAINS)));
    }
    write("X.bin", "int16", x, rows, CHANNELS, samples);
    write("y.bin", "uint8", y, rows);
    write("domain.bin", "uint8", domain, rows);
    write("window.bin", "uint16", window, rows);
    writeMeta();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  void write(String file, String type, ByteBuffer bytes, int... shape) throws IOException {
    Files.write(folder.resolve(file), bytes.array());
    ObjectNode entry = meta.withObject("/files").putObject(file);
    for (int extent : shape) {
      entry.withArray("/shape").add(extent);
    }
    entry.put("dtype", type).put("byte_order", "little").put("bytes", bytes.capacity());
    entry.put("sha256", sha256(bytes.array()));
  }

  ObjectNode meta() {
    return meta;
  }

  ObjectNode described(String file) {
    return (ObjectNode) meta.path("files").path(file);
  }

  void writeMeta() throws IOException {
    Files.writeString(folder.resolve("meta.json"), meta.toPrettyString());
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
