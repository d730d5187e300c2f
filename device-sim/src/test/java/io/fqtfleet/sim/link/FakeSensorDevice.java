package io.fqtfleet.sim.link;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The device's end of the sensor line, by the rules in {@code firmware/app/sensor_link.h}. */
final class FakeSensorDevice {
  private static final int FRAME_BYTES = 4 + 2 * 512 + 2;
  private static final int CREDITS = 4;
  private static final long CREDIT_EVERY_MS = 1000;

  private final Cobs.Decoder decoder = new Cobs.Decoder(FRAME_BYTES);
  private final List<Integer> taken = new ArrayList<>();
  private int next;
  private boolean creditDue = true;
  private boolean complained;
  private long creditSentMs;

  /** First samples of the windows taken, in order. */
  List<Integer> taken() {
    return taken;
  }

  void restart() {
    next = 0;
    creditDue = true;
    complained = false;
  }

  /** Begins to count just below the wrap, as after days. */
  void startAt(int sequence) {
    next = sequence;
  }

  void push(byte b) {
    byte[] frame = decoder.push(b);
    if (frame == null) {
      return;
    }
    ByteBuffer fields = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    boolean whole =
        frame.length == FRAME_BYTES
            && frame[0] == FeedProtocol.TYPE_WINDOW
            && (fields.getShort(FRAME_BYTES - 2) & 0xFFFF) == Crc16.of(frame, FRAME_BYTES - 2);
    if (!whole || (fields.getShort(1) & 0xFFFF) != next) {
      creditDue |= !complained;
      complained = true;
      return;
    }
    next = next + 1 & 0xFFFF;
    complained = false;
    creditDue = true;
    taken.add((int) fields.getShort(4));
  }

  /** A coded CREDIT if one is due, else null. */
  byte[] credit(long nowMs) {
    if (!creditDue && nowMs - creditSentMs < CREDIT_EVERY_MS) {
      return null;
    }
    creditDue = false;
    creditSentMs = nowMs;
    ByteBuffer frame =
        ByteBuffer.allocate(FeedProtocol.CREDIT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    frame.put((byte) FeedProtocol.TYPE_CREDIT).putShort((short) next).put((byte) CREDITS);
    frame.putShort((short) Crc16.of(frame.array(), 4));
    return Cobs.encode(frame.array());
  }
}
