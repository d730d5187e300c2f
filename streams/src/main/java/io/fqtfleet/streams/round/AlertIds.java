package io.fqtfleet.streams.round;

import io.fqtfleet.schemas.AlertKind;
import io.fqtfleet.schemas.AlertScope;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Ids that the same incident gets in every replay. */
final class AlertIds {
  private static final int BYTES = 8;

  private AlertIds() {}

  /** The end of the round that raised it numbers the incidents of one scope, key and kind. */
  static String of(AlertScope scope, String key, AlertKind kind, long raisedAtMs) {
    String text = scope + "|" + key + "|" + kind + "|" + raisedAtMs;
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
