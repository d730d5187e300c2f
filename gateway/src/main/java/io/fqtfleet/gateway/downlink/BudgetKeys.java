package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.StrictYaml;
import io.fqtfleet.schemas.Topics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The key with which a device's budgets are signed. Safe for many threads. */
interface BudgetKeys {
  /** A key and the number under which the device stores it. */
  record Key(int id, byte[] bytes) {
    @Override
    public String toString() {
      return "Key[id=" + id + "]";
    }
  }

  /** Empty if no key is known for the device. */
  Optional<Key> of(String device);

  /** As configured: single keys from the file first, the master key for all other devices. */
  static BudgetKeys from(GatewayConfig.Keys config) {
    BudgetKeys fromMaster =
        config.masterKey() == null
            ? device -> Optional.empty()
            : derived(HexFormat.of().parseHex(config.masterKey()), config.keyId());
    if (config.deviceKeyPath() == null) {
      return fromMaster;
    }
    Map<String, Key> single = read(config.deviceKeyPath());
    return device -> {
      Key key = single.get(device);
      return key == null ? fromMaster.of(device) : Optional.of(key);
    };
  }

  /** One key per device from one secret, so that a fleet of any size needs no list. */
  static BudgetKeys derived(byte[] masterKey, int keyId) {
    byte[] secret = masterKey.clone();
    return device -> Optional.of(new Key(keyId, DeviceKeys.derive(secret, device, keyId)));
  }

  /** The file: {@code devices: {device: "key id:64 hexadecimal digits"}}. */
  record KeyFile(Map<String, String> devices) {
    public KeyFile {
      if (devices == null || devices.isEmpty()) {
        throw new IllegalArgumentException(
            "devices: is missing; give devices: {<device>: \"<key id>:<64 hex digits>\"}");
      }
      List<String> problems = new ArrayList<>();
      devices.forEach(
          (device, text) -> {
            if (!Topics.DEVICE_ID.matcher(device).matches()) {
              problems.add("devices: '" + device + "' is no device id, " + Topics.DEVICE_ID);
            }
            if (parse(text).isEmpty()) {
              problems.add(
                  "devices.%s: (not shown) is not \"<key id 0..255>:<64 hex digits>\""
                      .formatted(device));
            }
          });
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(String.join("; ", problems));
      }
    }

    private static Optional<Key> parse(String text) {
      int colon = text.indexOf(':');
      if (colon < 0) {
        return Optional.empty();
      }
      try {
        int id = Integer.parseInt(text.substring(0, colon));
        byte[] bytes = HexFormat.of().parseHex(text.substring(colon + 1));
        boolean fits = id >= 0 && id <= 255 && bytes.length == BudgetSignature.KEY_BYTES;
        return fits ? Optional.of(new Key(id, bytes)) : Optional.empty();
      } catch (IllegalArgumentException e) {
        return Optional.empty();
      }
    }

    @Override
    public String toString() {
      return "KeyFile[" + devices.size() + " devices]";
    }
  }

  private static Map<String, Key> read(Path file) {
    KeyFile parsed = StrictYaml.read(file, KeyFile.class, Map.of(), "");
    Map<String, Key> keys = new HashMap<>();
    parsed.devices().forEach((device, text) -> keys.put(device, KeyFile.parse(text).orElseThrow()));
    return keys;
  }
}
