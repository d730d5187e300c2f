package io.fqtfleet.programs.sim;

import java.nio.charset.StandardCharsets;

/**
 * The first fields of a report, read without the rest: device, boot counter, boot nonce, sequence,
 * uptime. Every schema of a report begins with them.
 */
record ReportHead(String device, int bootNonce, long sequence, long uptimeMs) {
  private static final int HEADER_BYTES = 10;

  /** Null if the bytes end too early. */
  static ReportHead of(byte[] bytes) {
    Reader reader = new Reader(bytes);
    int length = (int) reader.number();
    if (length < 0 || reader.at + length > bytes.length) {
      return null;
    }
    String device = new String(bytes, reader.at, length, StandardCharsets.US_ASCII);
    reader.at += length;
    reader.number();
    int nonce = (int) reader.number();
    long sequence = reader.number();
    long uptimeMs = reader.number();
    return reader.at > bytes.length ? null : new ReportHead(device, nonce, sequence, uptimeMs);
  }

  /** Avro's numbers: seven bits a byte, the sign in the lowest. */
  private static final class Reader {
    private final byte[] bytes;
    private int at = HEADER_BYTES;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    long number() {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE && at < bytes.length; shift += 7) {
        byte b = bytes[at++];
        value |= (b & 0x7FL) << shift;
        if (b >= 0) {
          return value >>> 1 ^ -(value & 1);
        }
      }
      at = bytes.length + 1;
      return 0;
    }
  }
}
