package io.fqtfleet.sim.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes .npy files as numpy.save does. */
final class NpyFixture {
  private NpyFixture() {}

  static void write(Path file, String type, String shape, double... values) throws IOException {
    write(file, 1, type, "False", shape, values);
  }

  static void write(
      Path file, int version, String type, String fortran, String shape, double... values)
      throws IOException {
    String header =
        "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n".formatted(type, fortran, shape);
    ByteBuffer out =
        ByteBuffer.allocate(64 + header.length() + values.length * 8)
            .order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    out.put((byte) version).put((byte) 0);
    if (version == 1) {
      out.putShort((short) header.length());
    } else {
      out.putInt(header.length());
    }
    out.put(header.getBytes(StandardCharsets.US_ASCII));
    for (double v : values) {
      switch (type) {
        case "<f8" -> out.putDouble(v);
        case "|i1", "|u1" -> out.put((byte) (int) v);
        case "<i4" -> out.putInt((int) v);
        default -> out.putFloat((float) v);
      }
    }
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    Files.write(file, bytes);
  }
}
