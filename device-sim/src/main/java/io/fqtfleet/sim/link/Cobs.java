package io.fqtfleet.sim.link;

import java.util.Arrays;

/**
 * Consistent overhead byte stuffing (Cheshire and Baker, IEEE/ACM Trans. Networking 7(2), 1999):
 * frames without a zero byte, ended by one.
 */
final class Cobs {
  private static final int LONGEST_GROUP = 0xFF;

  private Cobs() {}

  /** Encodes a frame, terminating zero included. */
  static byte[] encode(byte[] frame) {
    byte[] out = new byte[frame.length + frame.length / (LONGEST_GROUP - 1) + 2];
    int length = 1;
    int code = 0;
    for (byte b : frame) {
      if (length - code == LONGEST_GROUP) {
        out[code] = (byte) LONGEST_GROUP;
        code = length++;
      }
      if (b == 0) {
        out[code] = (byte) (length - code);
        code = length++;
      } else {
        out[length++] = b;
      }
    }
    out[code] = (byte) (length - code);
    out[length++] = 0;
    return Arrays.copyOf(out, length);
  }

  /** Takes bytes one by one; damaged and overlong frames are dropped whole and counted. */
  static final class Decoder {
    private final byte[] coded;
    private int length;
    private boolean overlong;
    private long damaged;

    /**
     * @param frameMax longest frame that is taken, in decoded bytes
     */
    Decoder(int frameMax) {
      coded = new byte[frameMax + frameMax / (LONGEST_GROUP - 1) + 1];
    }

    /** The frame that this byte completes, or null. */
    byte[] push(byte b) {
      if (b != 0) {
        overlong |= length == coded.length;
        if (!overlong) {
          coded[length++] = b;
        }
        return null;
      }
      byte[] frame = overlong || length == 0 ? null : decode();
      if (frame == null && (overlong || length > 0)) {
        damaged++;
      }
      length = 0;
      overlong = false;
      return frame;
    }

    private byte[] decode() {
      byte[] frame = new byte[length];
      int written = 0;
      int at = 0;
      while (at < length) {
        int code = coded[at++] & 0xFF;
        if (at + code - 1 > length) {
          return null;
        }
        System.arraycopy(coded, at, frame, written, code - 1);
        at += code - 1;
        written += code - 1;
        if (code != LONGEST_GROUP && at < length) {
          frame[written++] = 0;
        }
      }
      return Arrays.copyOf(frame, written);
    }

    long damaged() {
      return damaged;
    }
  }
}
