package io.fqtfleet.schemas;

import java.nio.charset.StandardCharsets;
import javax.crypto.Mac;

/**
 * Device keys from one master key, so that a fleet of any size needs one secret: HKDF-SHA-256 (RFC
 * 5869) with an empty salt and info {@code fqt-device-key|<device>|<key id>}, 32 bytes.
 */
public final class DeviceKeys {
  public static final int MASTER_KEY_BYTES = 32;

  private DeviceKeys() {}

  public static byte[] derive(byte[] masterKey, String device, int keyId) {
    if (masterKey.length < MASTER_KEY_BYTES) {
      throw new IllegalArgumentException(
          "a master key of %d bytes is too short; %d bytes or more are needed"
              .formatted(masterKey.length, MASTER_KEY_BYTES));
    }
    String info = "fqt-device-key|" + Topics.checkDevice(device) + "|" + keyId;
    return hkdf(masterKey, info);
  }

  private static byte[] hkdf(byte[] secret, String info) {
    byte[] pseudoRandomKey = BudgetSignature.hmac(new byte[32]).doFinal(secret);
    Mac expand = BudgetSignature.hmac(pseudoRandomKey);
    expand.update(info.getBytes(StandardCharsets.UTF_8));
    expand.update((byte) 1);
    return expand.doFinal();
  }
}
