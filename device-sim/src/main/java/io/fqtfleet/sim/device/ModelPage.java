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

  /** Outputs of the shipped models; data with fewer classes leaves some unused. */
  public static final int IMAGE_CLASSES = 10;

  private static final int VERSION = 2;
  private static final int HEADER_BYTES = 40;
  private static final int LAYER_BYTES = 12;
  private static final int CRC_END = 16;
  private static final byte UNTRAINED = 1;
  private static final int CLASSES_MIN = 2;
  private static final int CLASSES_MAX = 64;

  // core/spec.h
  private static final byte INPUT_SPECTRA = 1;
  private static final byte MODE_FINE = 1;
  private static final byte LINEAR = 0;
  private static final int BATCH_MAX = 16;
  private static final long FNV_START = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private final byte[] bytes;

  private ModelPage(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The default model, untrained: 64 features, 32 hidden units, one output per class. */
  public static ModelPage bearingMlp(int classes, long seed) {
    if (classes < CLASSES_MIN || classes > CLASSES_MAX) {
      throw new IllegalArgumentException(
          "%d classes: a model tells %d to %d apart".formatted(classes, CLASSES_MIN, CLASSES_MAX));
    }
    ByteBuffer layers = ByteBuffer.allocate(2 * LAYER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    putLinear(layers, 32, true);
    putLinear(layers, classes, false);
    int length = HEADER_BYTES + layers.capacity();
    ByteBuffer page = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    page.put("FQTM".getBytes(StandardCharsets.US_ASCII)).putShort((short) VERSION);
    page.put(UNTRAINED).put((byte) 2).putInt(length).putInt(0);
    page.put(INPUT_SPECTRA).put(MODE_FINE).put((byte) 0).put((byte) 0).putShort((short) BATCH_MAX);
    page.putShort((short) 1).putShort((short) FEATURES).putShort((short) 1);
    page.putFloat(0).putLong(seed).put(layers.array());
    page.putInt(CRC_END - Integer.BYTES, ProvisioningPage.crc(page.array(), CRC_END, length));
    return new ModelPage(page.array());
  }

  private static void putLinear(ByteBuffer layers, int rows, boolean relu) {
    layers.put(LINEAR).put((byte) (relu ? 1 : 0)).putShort((short) rows).put(new byte[8]);
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
}
