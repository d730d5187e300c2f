package io.fqtfleet.streams.round;

import java.io.DataOutput;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a card into memory, big-endian. DataOutputStream does the same with a lock and a virtual
 * call per byte or two, and each device's card is written once per round.
 */
final class ByteSink implements DataOutput {
  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);

  /** Longest text, in bytes: its length is two bytes. */
  private static final int TEXT_BYTES_MAX = 0xFFFF;

  private byte[] bytes;
  private int length;

  ByteSink(int capacity) {
    bytes = new byte[capacity];
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }

  /** Where the next so many bytes go. */
  private int take(int count) {
    int at = length;
    length += count;
    if (length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length, 2 * bytes.length));
    }
    return at;
  }

  @Override
  public void write(int value) {
    int at = take(1);
    bytes[at] = (byte) value;
  }

  @Override
  public void write(byte[] from) {
    write(from, 0, from.length);
  }

  @Override
  public void write(byte[] from, int offset, int count) {
    int at = take(count);
    System.arraycopy(from, offset, bytes, at, count);
  }

  @Override
  public void writeBoolean(boolean value) {
    write(value ? 1 : 0);
  }

  @Override
  public void writeByte(int value) {
    write(value);
  }

  @Override
  public void writeShort(int value) {
    int at = take(Short.BYTES);
    SHORTS.set(bytes, at, (short) value);
  }

  @Override
  public void writeChar(int value) {
    writeShort(value);
  }

  @Override
  public void writeInt(int value) {
    int at = take(Integer.BYTES);
    INTS.set(bytes, at, value);
  }

  @Override
  public void writeLong(long value) {
    int at = take(Long.BYTES);
    LONGS.set(bytes, at, value);
  }

  @Override
  public void writeFloat(float value) {
    writeInt(Float.floatToIntBits(value));
  }

  @Override
  public void writeDouble(double value) {
    writeLong(Double.doubleToLongBits(value));
  }

  @Override
  public void writeBytes(String text) {
    write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void writeChars(String text) {
    write(text.getBytes(StandardCharsets.UTF_16BE));
  }

  /** Length in two bytes, then UTF-8. */
  @Override
  public void writeUTF(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > TEXT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a text of %d bytes does not fit a card (%d)".formatted(utf8.length, TEXT_BYTES_MAX));
    }
    writeShort(utf8.length);
    write(utf8);
  }
}
