package io.fqtfleet.streams.rollout;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Who comes first in a rollout: the order of SHA-256(rollout id | device id). The same in every
 * replay, another one in every rollout, so that no device is the canary for ever.
 */
public final class CanaryOrder {
  private CanaryOrder() {}

  public static List<String> of(String rollout, Collection<String> devices) {
    return devices.stream()
        .sorted(
            Comparator.<String>comparingLong(device -> hash(rollout, device))
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  static long hash(String rollout, String device) {
    try {
      byte[] text = (rollout + "|" + device).getBytes(StandardCharsets.UTF_8);
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(text)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
