package io.fqtfleet.sim.link;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The host's side of the sensor feed, without I/O; the device's side is {@code
 * firmware/app/sensor_link.h}. Windows are kept until the device has confirmed them, and sent again
 * from the one it expects.
 *
 * <pre>
 *   offer ──> kept ──(within credits)──> sent ──(CREDIT with a higher next)──> confirmed
 *                          ^                │
 *                          └─(CREDIT repeats next, a while after it was sent)
 * </pre>
 */
final class FeedProtocol {
  static final int TYPE_WINDOW = 1;
  static final int TYPE_CREDIT = 2;
  static final int CREDIT_BYTES = 6;

  /** Windows offered and not confirmed; beyond it none is taken. */
  static final int KEPT_MAX = 8;

  /**
   * A repeated CREDIT is believed to mean a loss only this long after the window was sent: each of
   * the frames that follow a lost one causes such a CREDIT, too.
   */
  static final long RESEND_AFTER_MS = 300;

  private static final int SEQUENCES = 1 << 16;

  private final ArrayDeque<Window> kept = new ArrayDeque<>();
  private int oldest;

  /** Windows at the head of {@code kept} that have been sent since the last need to resend. */
  private int sent;

  /** Windows at the head of {@code kept} that have ever been sent: the device may have them. */
  private int everSent;

  private int credits;
  private long oldestSentMs;
  private final Counts counts = new Counts();

  private record Window(short[] samples, byte label) {}

  /** Sums since start; fields of one thread, read through {@link SensorFeed#statistics}. */
  private static final class Counts {
    long offered;
    long confirmed;
    long frames;
    long resent;
    long restarts;
    long damaged;
  }

  boolean hasPlace() {
    return kept.size() < KEPT_MAX;
  }

  /** Takes a window; there must be place. */
  void offer(short[] samples, byte label) {
    if (!hasPlace()) {
      throw new IllegalStateException(KEPT_MAX + " windows are kept already");
    }
    kept.addLast(new Window(samples.clone(), label));
    counts.offered++;
  }

  /** A decoded frame from the device. */
  void onFrame(byte[] frame, long nowMs) {
    ByteBuffer fields = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    if (frame.length != CREDIT_BYTES
        || frame[0] != TYPE_CREDIT
        || (fields.getShort(4) & 0xFFFF) != Crc16.of(frame, CREDIT_BYTES - 2)) {
      counts.damaged++;
      return;
    }
    onCredit(fields.getShort(1) & 0xFFFF, frame[3] & 0xFF, nowMs);
  }

  private void onCredit(int next, int granted, long nowMs) {
    credits = granted;
    int ahead = Math.floorMod(next - oldest, SEQUENCES);
    if (ahead > everSent) {
      counts.restarts++;
      counts.resent += sent;
      oldest = next;
      sent = 0;
      everSent = 0;
    } else if (ahead > 0) {
      for (int i = 0; i < ahead; i++) {
        kept.removeFirst();
      }
      counts.confirmed += ahead;
      oldest = next;
      sent = Math.max(0, sent - ahead);
      everSent -= ahead;
      oldestSentMs = nowMs;
    } else if (sent > 0 && nowMs - oldestSentMs >= RESEND_AFTER_MS) {
      counts.resent += sent;
      sent = 0;
    }
  }

  /** The connection is new: what was on its way is lost, and credits must be granted again. */
  void onReconnect() {
    counts.resent += sent;
    sent = 0;
    credits = 0;
  }

  /** The frames that may go out now, coded. */
  List<byte[]> take(long nowMs) {
    List<byte[]> frames = new ArrayList<>();
    Iterator<Window> windows = kept.iterator();
    for (int i = 0; windows.hasNext() && i < credits; i++) {
      Window window = windows.next();
      if (i < sent) {
        continue;
      }
      if (i == 0) {
        oldestSentMs = nowMs;
      }
      frames.add(Cobs.encode(frame((oldest + i) % SEQUENCES, window)));
      sent++;
    }
    everSent = Math.max(everSent, sent);
    counts.frames += frames.size();
    return frames;
  }

  private static byte[] frame(int sequence, Window window) {
    int length = 4 + window.samples().length * Short.BYTES + 2;
    ByteBuffer frame = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    frame.put((byte) TYPE_WINDOW).putShort((short) sequence).put(window.label());
    for (short sample : window.samples()) {
      frame.putShort(sample);
    }
    frame.putShort((short) Crc16.of(frame.array(), length - 2));
    return frame.array();
  }

  SensorFeed.Statistics statistics() {
    return new SensorFeed.Statistics(
        counts.offered,
        counts.confirmed,
        kept.size(),
        counts.frames,
        counts.resent,
        counts.restarts,
        counts.damaged);
  }
}
