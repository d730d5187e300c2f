package io.fqtfleet.sim.device;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.BudgetTerms;
import io.fqtfleet.schemas.Topics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Who a device is; the page that is flashed beside its program. Layout: {@code
 * firmware/app/pages.h}.
 *
 * @param keyId 0..255
 * @param key 32 bytes, shared with the gateway
 * @param board name in the firmware's energy table, for example mps2-an386, or host
 * @param attributes up to 4
 * @param factoryTerms in force before the first budget
 */
public record ProvisioningPage(
    String device,
    String cohort,
    String board,
    int keyId,
    byte[] key,
    List<Attribute> attributes,
    BudgetTerms factoryTerms) {
  /** Where the page stands in the flash of the MPS2 boards. */
  public static final long MPS2_ADDRESS = 0x0008_0000L;

  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 12;
  private static final int MAX_BYTES = 1024;
  private static final int MAX_ATTRIBUTES = 4;
  private static final int MAX_TEXT = 32;

  public ProvisioningPage {
    Topics.checkDevice(device);
    if (!Topics.COHORT.matcher(cohort).matches()) {
      throw new IllegalArgumentException(
          "cohort '%s' is not %s".formatted(cohort, Topics.COHORT.pattern()));
    }
    checkText("board", board);
    if (keyId < 0 || keyId > 255) {
      throw new IllegalArgumentException("key id " + keyId + " is not in 0..255");
    }
    if (key.length != BudgetSignature.KEY_BYTES) {
      throw new IllegalArgumentException(
          "a key of %d bytes; a device key has %d"
              .formatted(key.length, BudgetSignature.KEY_BYTES));
    }
    if (attributes.size() > MAX_ATTRIBUTES) {
      throw new IllegalArgumentException(
          "%d attributes; a device has %d at most".formatted(attributes.size(), MAX_ATTRIBUTES));
    }
    for (Attribute attribute : attributes) {
      if (!attribute.getName().matches("[a-z0-9_]{1,32}")) {
        throw new IllegalArgumentException(
            "attribute name '%s' is not [a-z0-9_]{1,32}".formatted(attribute.getName()));
      }
      checkText("value of attribute " + attribute.getName(), attribute.getValue());
    }
    key = key.clone();
    attributes = List.copyOf(attributes);
  }

  /** The page, as the device reads it. */
  public byte[] toBytes() {
    ByteBuffer page = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    page.put("FQTP".getBytes(StandardCharsets.US_ASCII)).putShort((short) VERSION);
    page.position(HEADER_BYTES);
    page.put((byte) keyId).put(key);
    putText(page, device);
    putText(page, cohort);
    putText(page, board);
    page.put((byte) attributes.size());
    for (Attribute attribute : attributes) {
      putText(page, attribute.getName());
      putText(page, attribute.getValue());
    }
    putTerms(page, factoryTerms);
    int length = page.position();
    page.putShort(6, (short) length);
    page.putInt(8, crc(page.array(), HEADER_BYTES, length));
    byte[] bytes = new byte[length];
    page.get(0, bytes);
    return bytes;
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "ProvisioningPage[device=%s, cohort=%s, board=%s, keyId=%d, attributes=%s]"
        .formatted(device, cohort, board, keyId, attributes);
  }

  static int crc(byte[] bytes, int from, int to) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, to - from);
    return (int) crc.getValue();
  }

  private static void checkText(String what, String text) {
    if (!text.matches("[ -~]{1," + MAX_TEXT + "}")) {
      throw new IllegalArgumentException(
          "%s '%s' is not 1 to %d printable ASCII characters".formatted(what, text, MAX_TEXT));
    }
  }

  private static void putText(ByteBuffer page, String text) {
    page.put((byte) text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void putTerms(ByteBuffer page, BudgetTerms terms) {
    page.put((byte) (terms.getTraining() ? 1 : 0))
        .putInt(terms.getLambdaMinPermille())
        .putInt(terms.getLambdaMaxPermille())
        .putInt(terms.getFirstTrainableLayer())
        .putInt(terms.getLearningRate())
        .putInt(terms.getBatchSize())
        .putInt(terms.getTrainEveryNth())
        .putInt(terms.getPseudoLabelPermille())
        .putInt(terms.getEnergyCapacityMilliJoule())
        .putInt(terms.getEnergyRefillMilliJoulePerHour())
        .putInt(terms.getReportIntervalMs());
  }
}
