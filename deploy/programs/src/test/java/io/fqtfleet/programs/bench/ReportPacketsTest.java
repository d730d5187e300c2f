package io.fqtfleet.programs.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Packets that are patched instead of encoded say what they should. */
class ReportPacketsTest {
  private final ReportPackets packets = new ReportPackets(40, "bench/");

  @Test
  void thePatchedSequenceIsReadBackAsTheReportsNumber() {
    for (long report : new long[] {0, 1, 39, 40, 4_123_456, 40L * (1 << 26)}) {
      assertEquals(report, packets.number(packets.payload(report)));
      assertEquals(packets.payloadBytes(), packets.payload(report).length);
    }
  }

  @Test
  void thePacketHoldsTopicIdAndPayload() {
    ByteBuffer out = ByteBuffer.allocate(1 << 12);
    assertTrue(packets.write(81, 0xABCD, out));
    assertTrue(packets.write(82, 0xABCE, out));
    out.flip();
    for (long report : new long[] {81, 82}) {
      assertEquals(0x32, out.get());
      int length = out.get() & 0x7F | out.get() << 7;
      int end = out.position() + length;
      byte[] topic = new byte[out.getShort()];
      out.get(topic);
      assertTrue(new String(topic).endsWith("/" + packets.device(report) + "/report"));
      assertTrue(new String(topic).startsWith("bench/fqt/v1/up/"));
      assertEquals(0xABCD + report - 81, out.getShort() & 0xFFFF);
      assertEquals(0, out.get());
      byte[] payload = new byte[end - out.position()];
      out.get(payload);
      assertEquals(report, packets.number(payload));
    }
    assertFalse(out.hasRemaining());
  }

  @Test
  void aFullBufferTakesNoHalfPacket() {
    ByteBuffer out = ByteBuffer.allocate(packets.payloadBytes());
    assertFalse(packets.write(0, 1, out));
    assertEquals(0, out.position());
  }

  @Test
  void theMedianOfAnEvenNumberLiesBetween() {
    assertEquals(2.5, GatewayBench.median(List.of(4.0, 1.0, 3.0, 2.0)));
    assertEquals(3.0, GatewayBench.median(List.of(9.0, 3.0, 1.0)));
  }
}
