package io.fqtfleet.schemas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.crypto.Mac;
import org.junit.jupiter.api.Test;

class BudgetSignatureTest {
  private static final byte[] MASTER =
      "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final String TOPIC = Topics.budget("press-7");

  /** RFC 4231, test case 1: key 0b x 20, data "Hi There". */
  @Test
  void hmacIsThatOfRfc4231() {
    byte[] key = new byte[20];
    java.util.Arrays.fill(key, (byte) 0x0b);
    Mac mac = BudgetSignature.hmac(key);
    assertEquals(
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        HexFormat.of().formatHex(mac.doFinal("Hi There".getBytes(StandardCharsets.US_ASCII))));
  }

  /** Independent of Java: openssl kdf -keylen 32 ... HKDF with the same inputs. */
  @Test
  void deviceKeysAreHkdfOfTheMasterKey() {
    assertEquals(
        "466ff5884521502953ff8cc0d531342c6e6831908ab30f9b869fe8ba58eeb4c3",
        HexFormat.of().formatHex(DeviceKeys.derive(MASTER, "press-7", 1)));
    assertThrows(IllegalArgumentException.class, () -> DeviceKeys.derive(new byte[16], "a", 0));
  }

  @Test
  void everyChangedBitBreaksTheSignature() throws WireException {
    byte[] key = DeviceKeys.derive(MASTER, "press-7", 1);
    byte[] body = WireCodec.of(UpdateBudget.class).encode(Samples.budget("press-7", 9));
    byte[] payload = BudgetSignature.sign(TOPIC, body, 1, key);
    assertEquals(body.length + 33, payload.length);
    assertArrayEquals(body, BudgetSignature.verify(TOPIC, payload, key).body());
    assertEquals(1, BudgetSignature.verify(TOPIC, payload, key).keyId());
    for (int bit = 0; bit < payload.length * 8; bit++) {
      byte[] forged = payload.clone();
      forged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThrows(WireException.class, () -> BudgetSignature.verify(TOPIC, forged, key));
    }
    String other = Topics.budget("press-8");
    WireException moved =
        assertThrows(WireException.class, () -> BudgetSignature.verify(other, payload, key));
    assertTrue(moved.getMessage().contains(other), moved.getMessage());
  }
}
