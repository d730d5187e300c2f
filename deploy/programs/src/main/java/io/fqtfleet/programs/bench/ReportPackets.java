package io.fqtfleet.programs.bench;

import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.TrainingReport;
import io.fqtfleet.schemas.WireCodec;
import io.fqtfleet.schemas.WireException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Reports as MQTT 5 PUBLISH packets, encoded before the clock runs: of each device one, in which a
 * send only replaces packet id and sequence. Report number n is of device n modulo their count.
 */
final class ReportPackets {
  /** Sequences from here up to 2^26 take four bytes in Avro, so that packets keep their length. */
  private static final long FIRST_SEQUENCE = 1 << 21;

  private static final long LAST_SEQUENCE = (1 << 27) - 1;

  /** Counters as large as after this many reports: two weeks of one a minute. */
  private static final int COUNTERS_AT = 20_000;

  private static final int PUBLISH_QOS_1 = 0x32;
  private static final int GROUP_BITS = 7;
  private static final WireCodec<TrainingReport> CODEC = WireCodec.of(TrainingReport.class);

  /** One device's packet; the positions count from its first byte. */
  private record Packet(byte[] bytes, int idAt, int payloadAt, int sequenceAt) {}

  private final Packet[] packets;
  private final Map<String, Integer> devices = new HashMap<>();

  /**
   * @param topicRoot put before the protocol's topics; empty = the gateway's own
   */
  ReportPackets(int devices, String topicRoot) {
    this.packets = new Packet[devices];
    for (int d = 0; d < devices; d++) {
      String device = FleetRecords.device(d);
      this.devices.put(device, d);
      packets[d] = packet(topicRoot + Topics.up(device, Uplink.REPORT), d);
    }
  }

  private static Packet packet(String topic, int device) {
    TrainingReport report = FleetRecords.value(device, COUNTERS_AT);
    report.put("sequence", FIRST_SEQUENCE);
    byte[] payload = CODEC.encode(report);
    report.put("sequence", FIRST_SEQUENCE + 1);
    int sequenceAt = Arrays.mismatch(payload, CODEC.encode(report));
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    int rest = 2 + name.length + 2 + 1 + payload.length;
    ByteBuffer out = ByteBuffer.allocate(rest + 5);
    out.put((byte) PUBLISH_QOS_1);
    putVariable(out, rest);
    out.putShort((short) name.length).put(name);
    int idAt = out.position();
    out.putShort((short) 0).put((byte) 0);
    int payloadAt = out.position();
    out.put(payload);
    byte[] bytes = Arrays.copyOf(out.array(), out.position());
    return new Packet(bytes, idAt, payloadAt, payloadAt + sequenceAt);
  }

  /** MQTT's variable byte integer; Avro's positive numbers are the same of twice the value. */
  static void putVariable(ByteBuffer out, long value) {
    long left = value;
    while (left >>> GROUP_BITS != 0) {
      out.put((byte) (left & 0x7F | 0x80));
      left >>>= GROUP_BITS;
    }
    out.put((byte) left);
  }

  int devices() {
    return packets.length;
  }

  /** Bytes of a report without its packet. */
  int payloadBytes() {
    return packets[0].bytes.length - packets[0].payloadAt;
  }

  private Packet of(long report) {
    return packets[(int) (report % packets.length)];
  }

  private long sequence(long report) {
    long sequence = FIRST_SEQUENCE + report / packets.length;
    if (sequence > LAST_SEQUENCE) {
      throw new IllegalStateException("report " + report + " is too many for one measurement");
    }
    return sequence;
  }

  /** False if there is no room; nothing is written then. */
  boolean write(long report, int packetId, ByteBuffer out) {
    Packet packet = of(report);
    if (out.remaining() < packet.bytes.length) {
      return false;
    }
    int start = out.position();
    out.put(packet.bytes);
    int end = out.position();
    out.putShort(start + packet.idAt, (short) packetId);
    out.position(start + packet.sequenceAt);
    putVariable(out, 2 * sequence(report));
    out.position(end);
    return true;
  }

  /** The report's key and value in Kafka. */
  String device(long report) {
    return FleetRecords.device((int) (report % packets.length));
  }

  byte[] payload(long report) {
    Packet packet = of(report);
    byte[] payload = Arrays.copyOfRange(packet.bytes, packet.payloadAt, packet.bytes.length);
    ByteBuffer at = ByteBuffer.wrap(payload).position(packet.sequenceAt - packet.payloadAt);
    putVariable(at, 2 * sequence(report));
    return payload;
  }

  /**
   * The number of the report in a record.
   *
   * @throws IllegalStateException if none of ours reads so
   */
  long number(byte[] value) {
    try {
      TrainingReport report = CODEC.decode(value);
      Integer device = devices.get(report.getDevice());
      if (device == null) {
        throw new IllegalStateException("a report of the unknown device " + report.getDevice());
      }
      return (report.getSequence() - FIRST_SEQUENCE) * packets.length + device;
    } catch (WireException e) {
      throw new IllegalStateException("an unreadable report reached Kafka", e);
    }
  }
}
