package io.fqtfleet.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextGuardTest {
  private static final HexFormat HEX = HexFormat.of();

  /** Hands out a few bytes at a time, as a network does. */
  private static final class Trickle extends ByteArrayInputStream {
    private final Random random;

    Trickle(byte[] bytes, long seed) {
      super(bytes);
      random = new Random(seed);
    }

    @Override
    public int read(byte[] to, int offset, int length) {
      return super.read(to, offset, Math.min(length, 1 + random.nextInt(5)));
    }
  }

  private static byte[] guarded(byte[] sent, long seed) throws IOException {
    try (InputStream guard = new TextGuard(new Trickle(sent, seed))) {
      return guard.readAllBytes();
    }
  }

  private static String guarded(String hex) throws IOException {
    byte[] sent = HEX.parseHex(hex.replace(" ", ""));
    String first = HEX.formatHex(guarded(sent, 0));
    for (long seed = 1; seed < 50; seed++) {
      assertEquals(first, HEX.formatHex(guarded(sent, seed)), "seed " + seed);
    }
    return first;
  }

  private static String plain(String hex) {
    return hex.replace(" ", "").toLowerCase();
  }

  @Test
  void whatPahoRefusesIsReplacedInTopicAndTextsOnly() throws IOException {
    // QoS 1; topic; id; expiry 256 s, content type, two user properties; payload 00 7F.
    String sent =
        "32 20 0003 610062 0001 16"
            + "02 00000100  03 0001 7F  26 0001 1F 0002 C280  26 0000 0000"
            + "00 7F";
    String expected =
        "32 20 0003 613F62 0001 16"
            + "02 00000100  03 0001 3F  26 0001 3F 0002 3F3F  26 0000 0000"
            + "00 7F";
    assertEquals(plain(expected), guarded(sent));
  }

  @Test
  void nonCharactersAreReplacedAndEverythingElseStays() throws IOException {
    assertEquals(plain("30 06 0003 3F3F3F 00"), guarded("30 06 0003 EFBFBF 00"));
    assertEquals(plain("30 06 0003 3F3F3F 00"), guarded("30 06 0003 EFB790 00"));
    assertEquals(plain("30 07 0004 3F3F3F3F 00"), guarded("30 07 0004 F09FBFBE 00"));
    for (String stays : new String[] {"EFBFBD", "E282AC", "EFB78F", "EDA080", "C328C3", "EFBF41"}) {
      assertEquals(plain("30 06 0003" + stays + "00"), guarded("30 06 0003" + stays + "00"));
    }
  }

  @Test
  void otherPacketsAndPayloadsPassAsTheyAre() throws IOException {
    String all = "20 03 00 00 00 40 02 00 01 D0 00 32 0B 0001 61 0007 00 0001007F1F E0 02 8E 00";
    assertEquals(plain(all), guarded(all));
  }

  @Test
  void aMalformedPacketDoesNotSpoilTheNext() throws IOException {
    String next = "32 07 0001 00 0007 00 41";
    String cleaned = "3207 0001 3f 0007 00 41";
    for (String broken :
        new String[] {
          "30 00",
          "30 01 00",
          "30 02 FFFF",
          "30 03 FFFF 00",
          "32 03 0001 61",
          "32 05 0001 61 0001",
          "30 05 0001 61 7F 26",
          "30 06 0001 61 02 26 00",
          "30 06 0001 61 02 FE 00",
        }) {
      String got = guarded(broken + next);
      assertEquals(plain(cleaned), got.substring(got.length() - plain(next).length()), broken);
    }
  }

  @Test
  void noPacketChangesItsLengthWhateverItHolds() throws IOException {
    for (long seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      for (int packets = 0; packets < 5; packets++) {
        byte[] body = new byte[random.nextInt(60)];
        random.nextBytes(body);
        sent.write(random.nextInt(256));
        sent.write(body.length);
        sent.write(body);
      }
      byte[] tail = HEX.parseHex("30050001010041");
      sent.write(tail);
      byte[] got = guarded(sent.toByteArray(), seed);
      assertEquals(sent.size(), got.length, "seed " + seed);
      assertEquals('?', got[got.length - 3], "the packet after them, seed " + seed);
    }
  }

  @Test
  void aLargeMessagePassesInPieces() throws IOException {
    byte[] topic = "fqt/v1/up/00/press-1/report".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    byte[] payload = new byte[100_000];
    new Random(1).nextBytes(payload);
    int length = 2 + topic.length + 1 + payload.length;
    sent.write(0x30);
    sent.write(length & 0x7F | 0x80);
    sent.write(length >> 7 & 0x7F | 0x80);
    sent.write(length >> 14);
    sent.write(0);
    sent.write(topic.length);
    sent.write(topic);
    sent.write(0);
    sent.write(payload);
    assertArrayEquals(sent.toByteArray(), guarded(sent.toByteArray(), 7));
  }
}
