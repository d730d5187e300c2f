package io.fqtfleet.sim.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Factory weights of a device, or the dimensions and the seed of an untrained one. Layout: {@code
 * firmware/app/pages.h}. The weights themselves stay opaque here: only the learner reads them.
 */
public final class ModelPage {
  /** Where the page stands in the flash of the MPS2 boards. */
  public static final long MPS2_ADDRESS = 0x0009_0000L;

  /** Features that the firmware computes from a window. */
  public static final int FEATURES = 64;

  private static final int MAX_LAYERS = 4;
  private static final int MAX_WIDTH = 64;
  private static final int MAX_CLASSES = 16;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 36;
  private static final int LAYER_HEADER_BYTES = 4;
  private static final int CRC_END = 16;
  private static final byte UNTRAINED = 1;
  private static final byte FEATURE_KIND_SPECTRA = 1;
  private static final float FEATURE_SCALE = 0.03125f;
  private static final byte FEATURE_ZERO = (byte) 128;
  private static final long FNV_START = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private final byte[] bytes;

  private ModelPage(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The default model: 64 features, 32 hidden units, one output per class. */
  public static ModelPage bearingMlp(int classes, long seed) {
    return untrained(seed, FEATURES, 32, classes);
  }

  /**
   * A model with random weights, to be trained and exported.
   *
   * @param widths features, hidden widths, classes
   */
  public static ModelPage untrained(long seed, int... widths) {
    int layers = widths.length - 1;
    checkWidths(widths);
    int length = HEADER_BYTES + layers * LAYER_HEADER_BYTES;
    ByteBuffer page = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    page.put("FQTM".getBytes(StandardCharsets.US_ASCII)).putShort((short) VERSION);
    page.put(UNTRAINED).put((byte) layers).putInt(length).putInt(0);
    page.putShort((short) NativeAgent.WINDOW).put(FEATURE_KIND_SPECTRA).put((byte) FEATURES);
    page.putFloat(FEATURE_SCALE).put(FEATURE_ZERO).put(new byte[3]).putLong(seed);
    for (int i = 0; i < layers; i++) {
      page.put((byte) widths[i]).put((byte) widths[i + 1]).putShort((short) 0);
    }
    page.putInt(CRC_END - Integer.BYTES, ProvisioningPage.crc(page.array(), CRC_END, length));
    return new ModelPage(page.array());
  }

  /**
   * Takes a page that {@link NativeAgent#exportModel} or a file gave.
   *
   * @throws IllegalArgumentException with the rule it breaks
   */
  public static ModelPage of(byte[] page) {
    if (page.length < HEADER_BYTES
        || !Arrays.equals(page, 0, 4, "FQTM".getBytes(StandardCharsets.US_ASCII), 0, 4)) {
      throw new IllegalArgumentException(
          page.length + " bytes that do not begin with FQTM are no model page");
    }
    ByteBuffer fields = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    if (fields.getShort(4) != VERSION || fields.getInt(8) != page.length) {
      throw new IllegalArgumentException(
          "model page of version %d and stated length %d; version %d and %d bytes were read"
              .formatted(fields.getShort(4), fields.getInt(8), VERSION, page.length));
    }
    if (fields.getInt(12) != ProvisioningPage.crc(page, CRC_END, page.length)) {
      throw new IllegalArgumentException(
          "the model page does not match its CRC-32: export or copy it again");
    }
    return new ModelPage(page.clone());
  }

  public byte[] toBytes() {
    return bytes.clone();
  }

  public boolean isTrained() {
    return bytes[6] != UNTRAINED;
  }

  public int layers() {
    return bytes[7];
  }

  /** FNV-1a 64 of the page: {@code modelFingerprint} of DeviceStatus. */
  public long fingerprint() {
    long hash = FNV_START;
    for (byte b : bytes) {
      hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
    }
    return hash;
  }

  private static void checkWidths(int[] widths) {
    int layers = widths.length - 1;
    boolean legal = layers >= 1 && layers <= MAX_LAYERS && widths[0] == FEATURES;
    for (int i = 1; legal && i < layers; i++) {
      legal = widths[i] >= 1 && widths[i] <= MAX_WIDTH;
    }
    if (!legal || widths[layers] < 2 || widths[layers] > MAX_CLASSES) {
      throw new IllegalArgumentException(
          "widths %s: %d features, up to %d hidden layers of 1..%d, 2..%d classes"
              .formatted(
                  Arrays.toString(widths), FEATURES, MAX_LAYERS - 1, MAX_WIDTH, MAX_CLASSES));
    }
  }
}
