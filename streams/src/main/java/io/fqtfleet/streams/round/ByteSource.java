package io.fqtfleet.streams.round;

import java.io.DataInput;
import java.io.EOFException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads what {@link ByteSink} wrote. */
final class ByteSource implements DataInput {
  private static final VarHandle SHORTS = view(short[].class);
  private static final VarHandle INTS = view(int[].class);
  private static final VarHandle LONGS = view(long[].class);

  private final byte[] bytes;
  private int position;

  ByteSource(byte[] bytes) {
    this.bytes = bytes;
  }

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
  }

  /** Where the next so many bytes stand. */
  private int take(int count) throws EOFException {
    int at = position;
    if (count > bytes.length - at) {
      throw new EOFException("ends at " + bytes.length + ", " + count + " more are needed");
    }
    position += count;
    return at;
  }

  @Override
  public void readFully(byte[] to) throws EOFException {
    readFully(to, 0, to.length);
  }

  @Override
  public void readFully(byte[] to, int offset, int count) throws EOFException {
    System.arraycopy(bytes, take(count), to, offset, count);
  }

  @Override
  public int skipBytes(int count) {
    int skipped = Math.max(0, Math.min(count, bytes.length - position));
    position += skipped;
    return skipped;
  }

  @Override
  public boolean readBoolean() throws EOFException {
    return readByte() != 0;
  }

  @Override
  public byte readByte() throws EOFException {
    return bytes[take(1)];
  }

  @Override
  public int readUnsignedByte() throws EOFException {
    return readByte() & 0xFF;
  }

  @Override
  public short readShort() throws EOFException {
    return (short) SHORTS.get(bytes, take(Short.BYTES));
  }

  @Override
  public int readUnsignedShort() throws EOFException {
    return readShort() & 0xFFFF;
  }

  @Override
  public char readChar() throws EOFException {
    return (char) readShort();
  }

  @Override
  public int readInt() throws EOFException {
    return (int) INTS.get(bytes, take(Integer.BYTES));
  }

  @Override
  public long readLong() throws EOFException {
    return (long) LONGS.get(bytes, take(Long.BYTES));
  }

  @Override
  public float readFloat() throws EOFException {
    return Float.intBitsToFloat(readInt());
  }

  @Override
  public double readDouble() throws EOFException {
    return Double.longBitsToDouble(readLong());
  }

  @Override
  public String readLine() {
    throw new UnsupportedOperationException("a card has no lines");
  }

  @Override
  public String readUTF() throws EOFException {
    int count = readUnsignedShort();
    return new String(bytes, take(count), count, StandardCharsets.UTF_8);
  }
}
