package io.fqtfleet.sim.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One tensor from a numpy {@code .npy} file (versions 1 and 2 of the format): little-endian
 * float32, float64, int8, uint8 or int32, in C order.
 */
public final class NpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int VERSION_AT = 6;
  private static final int LENGTH_AT = 8;
  private static final long BYTES_MAX = 1L << 28;
  private static final Map<String, Integer> TYPE_BYTES =
      Map.of("<f4", 4, "<f8", 8, "|i1", 1, "|u1", 1, "<i4", 4);
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\s]*)\\)");

  private final Path file;
  private final int[] shape;
  private final double[] values;

  private NpyFile(Path file, int[] shape, double[] values) {
    this.file = file;
    this.shape = shape;
    this.values = values;
  }

  /**
   * Reads a file whole.
   *
   * @throws ModelException with what is wrong and what to do
   */
  public static NpyFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ModelException(file + ": there is no such file; save it with numpy.save");
    }
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new ModelException(
            "%s: %d bytes, over the limit %d; a model for a microcontroller is smaller"
                .formatted(file, Files.size(file), BYTES_MAX));
      }
      return parse(file, ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new ModelException(file + ": it cannot be read: " + e.getMessage(), e);
    }
  }

  private static NpyFile parse(Path file, ByteBuffer bytes) {
    boolean magic =
        bytes.limit() > LENGTH_AT + 4
            && Arrays.equals(bytes.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    if (!magic) {
      throw new ModelException(
          file
              + ": it does not begin as a .npy file; save it with numpy.save, not savez or tofile");
    }
    int version = bytes.get(VERSION_AT);
    if (version != 1 && version != 2) {
      throw new ModelException(
          file + ": version %d of the format; versions 1 and 2 are read".formatted(version));
    }
    int start = LENGTH_AT + (version == 1 ? Short.BYTES : Integer.BYTES);
    long length = version == 1 ? bytes.getShort(LENGTH_AT) & 0xFFFF : bytes.getInt(LENGTH_AT);
    if (length < 0 || start + length > bytes.limit()) {
      throw new ModelException(
          "%s: its header of %d bytes goes beyond the file's %d; the file is cut: copy it again"
              .formatted(file, length, bytes.limit()));
    }
    String header = new String(bytes.array(), start, (int) length, StandardCharsets.ISO_8859_1);
    String type = field(file, header, DESCR, "descr");
    if (!TYPE_BYTES.containsKey(type)) {
      throw new ModelException(
          ("%s: type '%s' is not one of <f4, <f8, |i1, |u1, <i4; convert it with"
                  + " array.astype('<f4')")
              .formatted(file, type));
    }
    if (field(file, header, ORDER, "fortran_order").equals("True")) {
      throw new ModelException(
          file + ": it is in Fortran order; save numpy.ascontiguousarray(array)");
    }
    int[] shape = shape(file, field(file, header, SHAPE, "shape"));
    bytes.position(start + (int) length);
    return new NpyFile(file, shape, values(file, type, shape, bytes.slice()));
  }

  private static String field(Path file, String header, Pattern pattern, String name) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new ModelException(
          "%s: its header has no plain '%s'; save a plain array with numpy.save"
              .formatted(file, name));
    }
    return matcher.group(1);
  }

  private static int[] shape(Path file, String text) {
    try {
      return Arrays.stream(text.split(","))
          .map(String::strip)
          .filter(part -> !part.isEmpty())
          .mapToInt(Integer::parseInt)
          .toArray();
    } catch (NumberFormatException e) {
      throw new ModelException(file + ": shape (" + text + ") has an extent over 2^31", e);
    }
  }

  private static double[] values(Path file, String type, int[] shape, ByteBuffer data) {
    long count = 1;
    for (int extent : shape) {
      count *= extent;
      if (count > BYTES_MAX) {
        throw new ModelException(
            "%s: shape %s has over %d values".formatted(file, Arrays.toString(shape), BYTES_MAX));
      }
    }
    if (data.limit() != count * TYPE_BYTES.get(type)) {
      throw new ModelException(
          "%s: %d bytes of values; shape %s of %s makes %d: the file is cut or damaged"
              .formatted(
                  file, data.limit(), Arrays.toString(shape), type, count * TYPE_BYTES.get(type)));
    }
    ByteBuffer in = data.order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case "<f4" -> in.getFloat();
            case "<f8" -> in.getDouble();
            case "|i1" -> in.get();
            case "|u1" -> in.get() & 0xFF;
            default -> in.getInt();
          };
      if (!Double.isFinite(values[i]) || Math.abs(values[i]) > Float.MAX_VALUE) {
        throw new ModelException(
            "%s: value %d is %s; weights are finite numbers: train again with a smaller rate"
                .formatted(file, i, values[i]));
      }
    }
    return values;
  }

  Path file() {
    return file;
  }

  int[] shape() {
    return shape.clone();
  }

  /** In C order. */
  double[] values() {
    return values.clone();
  }
}
