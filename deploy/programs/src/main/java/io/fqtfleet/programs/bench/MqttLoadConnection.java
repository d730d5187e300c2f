package io.fqtfleet.programs.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.HdrHistogram.Histogram;

/** One MQTT 5 connection of {@link MqttLoad}: knows CONNECT, PUBLISH, PUBACK; one thread. */
final class MqttLoadConnection implements AutoCloseable {
  private static final int CONNECT = 0x10;
  private static final int CONNACK = 0x20;
  private static final int PUBACK = 0x40;
  private static final int DISCONNECT = 0xE0;
  private static final int CLEAN_START = 0x02;
  private static final int VERSION = 5;

  /** Publishes that wait for PUBACK; below every broker's default Receive Maximum but one. */
  private static final int WINDOW = 500;

  private static final int PACKET_IDS = 65_535;
  private static final int OUT_BYTES = 1 << 16;

  /** Our packets are small; a longer length than two bytes is not ours. */
  private static final int SMALL_PACKET = 127;

  private final String name;
  private final ReportPackets packets;
  private final SocketChannel channel;
  private final ByteBuffer out = ByteBuffer.allocateDirect(OUT_BYTES);
  private final ByteBuffer in = ByteBuffer.allocateDirect(OUT_BYTES);

  /** The report that went out under a packet id. */
  private final long[] sent = new long[PACKET_IDS + 1];

  private int lastId;
  private int open;
  private long next;
  private long end;
  private int step;
  private MqttLoad.Plan plan;
  private long startNanos;

  MqttLoadConnection(InetSocketAddress broker, String name, ReportPackets packets)
      throws IOException {
    this.name = name;
    this.packets = packets;
    this.channel = SocketChannel.open(broker);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    connect();
    channel.configureBlocking(false);
    in.clear();
  }

  private void connect() throws IOException {
    byte[] id = name.getBytes(StandardCharsets.UTF_8);
    out.put((byte) CONNECT).put((byte) (10 + 1 + 2 + id.length));
    out.putShort((short) 4).put("MQTT".getBytes(StandardCharsets.UTF_8));
    // Keep alive 0: an idle load is not disconnected.
    out.put((byte) VERSION).put((byte) CLEAN_START).putShort((short) 0).put((byte) 0);
    out.putShort((short) id.length).put(id).flip();
    while (out.hasRemaining()) {
      channel.write(out);
    }
    out.clear();
    in.limit(2);
    fill();
    if ((in.get(0) & 0xFF) != CONNACK || in.get(1) < 0) {
      throw new IllegalStateException(name + ": the broker did not answer with CONNACK");
    }
    in.limit(2 + in.get(1));
    fill();
    if (in.get(3) != 0) {
      throw new IllegalStateException(
          "%s: the broker refused the connection, code 0x%02X".formatted(name, in.get(3) & 0xFF));
    }
  }

  private void fill() throws IOException {
    while (in.hasRemaining()) {
      if (channel.read(in) < 0) {
        throw new EOFException(name + ": the broker closed the connection");
      }
    }
  }

  SocketChannel channel() {
    return channel;
  }

  /** Takes every {@code connections}-th report of the plan, from {@code index} on. */
  void begin(MqttLoad.Plan newPlan, long newStartNanos, int index, int connections) {
    if (packets.devices() % connections != 0 || newPlan.first() % connections != 0) {
      throw new IllegalArgumentException(
          "%d devices on %d connections: a device would change its connection"
              .formatted(packets.devices(), connections));
    }
    plan = newPlan;
    startNanos = newStartNanos;
    next = plan.first() + index;
    end = plan.first() + plan.reports();
    step = connections;
  }

  boolean finished() {
    return next >= end && open == 0 && out.position() == 0;
  }

  /** Writes what may be sent before report {@code due}, as far as window and socket have room. */
  void writeUpTo(long due) throws IOException {
    while (next < Math.min(due, end) && open < WINDOW) {
      int id = lastId % PACKET_IDS + 1;
      if (!packets.write(next, id, out)) {
        break;
      }
      lastId = id;
      sent[id] = next;
      open++;
      next += step;
    }
    if (out.position() > 0) {
      out.flip();
      channel.write(out);
      out.compact();
    }
  }

  /** Reads what is there. */
  void read(Histogram ackMicros) throws IOException {
    if (channel.read(in) < 0) {
      throw new EOFException(name + ": the broker closed the connection");
    }
    in.flip();
    long now = System.nanoTime();
    while (in.remaining() >= 2 && in.remaining() >= 2 + in.get(in.position() + 1)) {
      int type = in.get() & 0xFF;
      int length = in.get();
      if (type != PUBACK || length < 2 || length > SMALL_PACKET) {
        throw new IllegalStateException(
            "%s: the broker sent packet 0x%02X instead of PUBACK, code 0x%02X"
                .formatted(name, type, length > 0 ? in.get() & 0xFF : 0));
      }
      int id = in.getShort() & 0xFFFF;
      // Also "no matching subscribers" (0x10) is a refusal here: that report is gone.
      int code = length > 2 ? in.get() & 0xFF : 0;
      in.position(in.position() + Math.max(0, length - 3));
      if (code != 0) {
        throw new IllegalStateException(
            "%s: the broker refused a report, code 0x%02X".formatted(name, code));
      }
      open--;
      if (plan.ratePerSecond() > 0) {
        long micros = (now - plan.intendedNanos(startNanos, sent[id])) / 1_000;
        ackMicros.recordValue(Math.max(0, micros));
      }
    }
    in.compact();
  }

  @Override
  public void close() throws IOException {
    channel.write(ByteBuffer.wrap(new byte[] {(byte) DISCONNECT, 0}));
    channel.close();
  }
}
