package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.downlink.BudgetKeys.Key;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.Topics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The file {@code keys.deviceKeyFile}; it may change while the gateway runs.
 *
 * @param masterKeys key id -> 64 or more hexadecimal digits: all that devices may hold now
 * @param keyId the one that a device gets first; absent = {@code keys.keyId}
 * @param devices device -> "key id:64 hexadecimal digits", several separated by commas, the first
 *     preferred
 */
record KeyFile(Map<String, String> masterKeys, Integer keyId, Map<String, String> devices) {
  private static final int KEY_ID_MAX = 255;

  KeyFile {
    masterKeys = masterKeys == null ? Map.of() : Map.copyOf(masterKeys);
    devices = devices == null ? Map.of() : Map.copyOf(devices);
    List<String> problems = new ArrayList<>();
    if (masterKeys.isEmpty() && devices.isEmpty()) {
      problems.add(
          "devices: is missing; give devices: {<device>: \"<key id>:<64 hex digits>\"} or"
              + " masterKeys: {<key id>: \"<64 hex digits or more>\"}");
    }
    masterKeys.forEach(
        (id, text) -> {
          if (keyId(id) < 0 || bytes(text) < DeviceKeys.MASTER_KEY_BYTES) {
            problems.add(
                "masterKeys.%s: (not shown) is not <key id 0..255>: \"<%d or more hex digits>\""
                    .formatted(id, 2 * DeviceKeys.MASTER_KEY_BYTES));
          }
        });
    if (keyId != null && !masterKeys.isEmpty() && !masterKeys.containsKey(keyId.toString())) {
      problems.add("keyId: %d is none of masterKeys; add its key first".formatted(keyId));
    }
    devices.forEach(
        (device, text) -> {
          if (!Topics.DEVICE_ID.matcher(device).matches()) {
            problems.add("devices: '" + device + "' is no device id, " + Topics.DEVICE_ID);
          }
          if (parse(text).isEmpty()) {
            problems.add(
                "devices.%s: (not shown) is not \"<key id 0..255>:<64 hex digits>\", several with"
                        .formatted(device)
                    + " different ids separated by commas");
          }
        });
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  /**
   * @throws io.fqtfleet.schemas.ConfigException if it is missing or wrong; shows no key
   */
  static KeyFile read(Path file) {
    return StrictYaml.read(file, KeyFile.class, Map.of(), "");
  }

  Map<Integer, byte[]> masters() {
    Map<Integer, byte[]> masters = new TreeMap<>();
    masterKeys.forEach((id, text) -> masters.put(keyId(id), HexFormat.of().parseHex(text)));
    return masters;
  }

  /** The single keys of a device, the preferred one first. */
  List<Key> of(String device) {
    String text = devices.get(device);
    return text == null ? List.of() : parse(text).orElseThrow();
  }

  private static Optional<List<Key>> parse(String text) {
    List<Key> keys = new ArrayList<>();
    Set<Integer> ids = new HashSet<>();
    for (String one : text.split(",", -1)) {
      int colon = one.indexOf(':');
      String digits = one.substring(colon + 1).strip();
      if (colon < 0
          || keyId(one.substring(0, colon).strip()) < 0
          || bytes(digits) != BudgetSignature.KEY_BYTES) {
        return Optional.empty();
      }
      int id = keyId(one.substring(0, colon).strip());
      keys.add(new Key(id, HexFormat.of().parseHex(digits)));
      ids.add(id);
    }
    return ids.size() == keys.size() ? Optional.of(keys) : Optional.empty();
  }

  /** -1 if it is none. */
  private static int keyId(String text) {
    try {
      int id = Integer.parseInt(text);
      return id >= 0 && id <= KEY_ID_MAX ? id : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** -1 if it is not hexadecimal. */
  private static int bytes(String text) {
    try {
      return HexFormat.of().parseHex(text).length;
    } catch (IllegalArgumentException e) {
      return -1;
    }
  }

  @Override
  public String toString() {
    return "KeyFile[master keys " + masterKeys.keySet() + ", " + devices.size() + " devices]";
  }
}
