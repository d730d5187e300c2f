package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Framing of the sensor line. */
class CobsTest {
  /** From the article of Cheshire and Baker, and its customary examples. */
  private static final String[][] GOLDEN = {
    {"", "0100"},
    {"00", "010100"},
    {"0000", "01010100"},
    {"11220033", "0311220233" + "00"},
    {"11223344", "051122334400"},
    {"11000000", "02110101" + "0100"},
    {"4500002c4c79000040064f37", "024501042c4c79010540064f3700"},
  };

  @Test
  void goldenVectorsBothWays() {
    for (String[] vector : GOLDEN) {
      byte[] frame = HexFormat.of().parseHex(vector[0]);
      byte[] coded = HexFormat.of().parseHex(vector[1]);
      assertArrayEquals(coded, Cobs.encode(frame), "frame " + vector[0]);
      assertArrayEquals(frame, decode(new Cobs.Decoder(64), coded), "code " + vector[1]);
    }
  }

  @Test
  void aFullGroupHasNoZeroBehindIt() {
    byte[] frame = new byte[254];
    Arrays.fill(frame, (byte) 9);
    byte[] coded = Cobs.encode(frame);
    assertEquals((byte) 0xFF, coded[0]);
    assertEquals(256, coded.length);
    // an encoder may also close the full group and open an empty one, as the firmware's does
    byte[] alternative = Arrays.copyOf(coded, 257);
    alternative[255] = 1;
    assertArrayEquals(frame, decode(new Cobs.Decoder(254), alternative));
  }

  @Test
  void anyFrameComesBackWithoutAZeroOnTheLine() {
    for (int seed = 0; seed < 3000; seed++) {
      Random random = new Random(seed);
      byte[] frame = new byte[random.nextInt(1200)];
      int alphabet = 1 + random.nextInt(256);
      for (int i = 0; i < frame.length; i++) {
        frame[i] = (byte) random.nextInt(alphabet);
      }
      byte[] coded = Cobs.encode(frame);
      for (int i = 0; i < coded.length - 1; i++) {
        assertEquals(true, coded[i] != 0, "seed " + seed);
      }
      assertArrayEquals(frame, decode(new Cobs.Decoder(1200), coded), "seed " + seed);
    }
  }

  @Test
  void theNextFrameIsFoundAfterAnyDamage() {
    byte[] good = "good".getBytes(StandardCharsets.US_ASCII);
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      Cobs.Decoder decoder = new Cobs.Decoder(100);
      byte[] noise = new byte[random.nextInt(300)];
      random.nextBytes(noise);
      for (byte b : noise) {
        decoder.push(b);
      }
      decoder.push((byte) 0);
      assertArrayEquals(good, decode(decoder, Cobs.encode(good)), "seed " + seed);
    }
  }

  @Test
  void cutAndOverlongFramesAreDroppedAndCounted() {
    Cobs.Decoder decoder = new Cobs.Decoder(4);
    assertNull(decode(decoder, new byte[] {5, 1, 1, 0}));
    assertNull(decode(decoder, Cobs.encode(new byte[9])));
    assertNull(decode(decoder, new byte[] {0, 0}));
    assertEquals(2, decoder.damaged());
  }

  @Test
  void crcIsCcittFalse() {
    byte[] check = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertEquals(0x29B1, Crc16.of(check, check.length));
    assertEquals(0xFFFF, Crc16.of(check, 0));
  }

  private static byte[] decode(Cobs.Decoder decoder, byte[] coded) {
    byte[] frame = null;
    for (byte b : coded) {
      byte[] done = decoder.push(b);
      frame = done != null ? done : frame;
    }
    return frame;
  }
}
