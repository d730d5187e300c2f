package io.fqtfleet.schemas;

import io.fqtfleet.schemas.WireException.Reason;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The signature of a budget: payload = single-object bytes, key id (1 byte), HMAC-SHA-256 (32
 * bytes) over the topic's ASCII bytes, the single-object bytes and the key id (RFC 2104).
 */
public final class BudgetSignature {
  public static final int KEY_BYTES = 32;
  private static final int TAG_BYTES = 32;

  private BudgetSignature() {}

  /** A payload taken apart; the tag is not checked yet. */
  public record Signed(byte[] body, int keyId) {}

  public static byte[] sign(String topic, byte[] body, int keyId, byte[] key) {
    if (keyId < 0 || keyId > 255) {
      throw new IllegalArgumentException("key id " + keyId + " is not in 0..255");
    }
    byte[] payload = Arrays.copyOf(body, body.length + 1 + TAG_BYTES);
    payload[body.length] = (byte) keyId;
    byte[] tag = tag(topic, payload, body.length + 1, key);
    System.arraycopy(tag, 0, payload, body.length + 1, TAG_BYTES);
    return payload;
  }

  /**
   * Takes a payload apart and checks its tag in constant time.
   *
   * @throws WireException TRUNCATED if it is too short, OUT_OF_RANGE if the tag is not the key's
   */
  public static Signed verify(String topic, byte[] payload, byte[] key) throws WireException {
    int bodyBytes = payload.length - 1 - TAG_BYTES;
    if (bodyBytes < 0) {
      throw new WireException(
          Reason.TRUNCATED,
          "%d bytes are too few for a signed budget (body, key id, 32 bytes of tag)"
              .formatted(payload.length));
    }
    byte[] expected = tag(topic, payload, bodyBytes + 1, key);
    byte[] found = Arrays.copyOfRange(payload, bodyBytes + 1, payload.length);
    int keyId = payload[bodyBytes] & 0xFF;
    if (!MessageDigest.isEqual(expected, found)) {
      throw new WireException(
          Reason.OUT_OF_RANGE, "the tag on '" + topic + "' is not that of key " + keyId);
    }
    return new Signed(Arrays.copyOf(payload, bodyBytes), keyId);
  }

  private static byte[] tag(String topic, byte[] payload, int length, byte[] key) {
    Mac mac = hmac(key);
    mac.update(topic.getBytes(StandardCharsets.US_ASCII));
    mac.update(payload, 0, length);
    return mac.doFinal();
  }

  static Mac hmac(byte[] key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }
}
