package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import io.fqtfleet.streams.drift.Signal;
import io.fqtfleet.streams.drift.SignalLane;
import io.fqtfleet.streams.drift.SignalLane.Noise;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/** How cards become bytes: a version byte, then the fields in order. */
final class CardBytes {
  /** Bytes of a card with all signals and no alert, so that it seldom grows. */
  private static final int CAPACITY = 1200;

  interface Writer {
    void write(DataOutput out) throws IOException;
  }

  interface Reader<T> {
    T read(DataInput in) throws IOException;
  }

  private CardBytes() {}

  static byte[] write(int version, Writer writer) {
    ByteSink out = new ByteSink(CAPACITY);
    try {
      out.writeByte(version);
      writer.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  static <T> T read(String what, int version, byte[] bytes, Reader<T> reader) {
    ByteSource in = new ByteSource(bytes);
    try {
      int found = in.readByte();
      if (found != version) {
        throw new IllegalStateException(
            ("the state store holds a %s of version %d, this program reads version %d; run the"
                    + " program that wrote it, or reset the application and replay its topics")
                .formatted(what, found, version));
      }
      return reader.read(in);
    } catch (IOException e) {
      throw new UncheckedIOException("a " + what + " of " + bytes.length + " bytes is corrupt", e);
    }
  }

  /** Lanes by signal: a bit each for those that are there, then they. */
  static void writeLanes(DataOutput out, EnumMap<Signal, SignalLane> lanes) throws IOException {
    int there = 0;
    for (Signal signal : lanes.keySet()) {
      there |= 1 << signal.ordinal();
    }
    out.writeShort(there);
    for (SignalLane lane : lanes.values()) {
      lane.write(out);
    }
  }

  static void readLanes(DataInput in, Noise noise, EnumMap<Signal, SignalLane> lanes)
      throws IOException {
    int there = in.readUnsignedShort();
    for (Signal signal : Signal.values()) {
      if ((there >> signal.ordinal() & 1) == 1) {
        lanes.put(signal, SignalLane.read(signal, noise, in));
      }
    }
  }

  static void writeConditions(DataOutput out, EnumMap<AlertKind, Condition> conditions)
      throws IOException {
    out.writeByte(conditions.size());
    for (Map.Entry<AlertKind, Condition> entry : conditions.entrySet()) {
      out.writeByte(entry.getKey().ordinal());
      entry.getValue().write(out);
    }
  }

  static void readConditions(DataInput in, EnumMap<AlertKind, Condition> conditions)
      throws IOException {
    for (int i = in.readByte(); i > 0; i--) {
      conditions.put(AlertKind.values()[in.readByte()], Condition.read(in));
    }
  }

  /** An Avro record or null, with its length. */
  static <T extends SpecificRecord> void writeRecord(DataOutput out, WireCodec<T> codec, T value)
      throws IOException {
    byte[] bytes = value == null ? new byte[0] : codec.encode(value);
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  static <T extends SpecificRecord> T readRecord(DataInput in, WireCodec<T> codec)
      throws IOException {
    byte[] bytes = new byte[in.readUnsignedShort()];
    in.readFully(bytes);
    try {
      return bytes.length == 0 ? null : codec.decode(bytes);
    } catch (WireException e) {
      throw new IOException(e.asHeader(), e);
    }
  }
}
