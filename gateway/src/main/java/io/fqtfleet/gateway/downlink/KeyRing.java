package io.fqtfleet.gateway.downlink;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.downlink.BudgetKeys.Key;
import io.fqtfleet.schemas.DeviceKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All keys that devices may hold at one time. Immutable. */
final class KeyRing {
  private final Map<Integer, byte[]> masters;
  private final List<Integer> order;
  private final KeyFile file;

  /**
   * @param preferred id of the master key that a device gets first
   * @param file null = none
   */
  KeyRing(Map<Integer, byte[]> masters, int preferred, KeyFile file) {
    this.masters = masters;
    this.file = file;
    Comparator<Integer> newestFirst = Comparator.reverseOrder();
    this.order =
        masters.keySet().stream()
            .sorted(
                Comparator.comparing((Integer id) -> id != preferred).thenComparing(newestFirst))
            .toList();
  }

  /**
   * The configured master key and what the file adds.
   *
   * @throws IllegalStateException if the two contradict each other
   */
  static KeyRing of(GatewayConfig.Keys config, KeyFile file) {
    Map<Integer, byte[]> masters = new TreeMap<>();
    if (config.masterKey() != null) {
      masters.put(config.keyId(), HexFormat.of().parseHex(config.masterKey()));
    }
    if (file == null) {
      return new KeyRing(masters, config.keyId(), null);
    }
    file.masters()
        .forEach(
            (id, bytes) -> {
              byte[] other = masters.put(id, bytes);
              if (other != null && !Arrays.equals(other, bytes)) {
                throw new IllegalStateException(
                    ("%s: masterKeys.%d differs from keys.masterKey, which has this id too; a new"
                            + " key needs a new id")
                        .formatted(config.deviceKeyFile(), id));
              }
            });
    return new KeyRing(masters, file.keyId() == null ? config.keyId() : file.keyId(), file);
  }

  /** What the device may hold, the most likely first, each id once; empty if no key is known. */
  List<Key> candidates(String device) {
    List<Key> candidates = new ArrayList<>(file == null ? List.of() : file.of(device));
    for (int id : order) {
      if (candidates.stream().noneMatch(key -> key.id() == id)) {
        candidates.add(new Key(id, DeviceKeys.derive(masters.get(id), device, id)));
      }
    }
    return candidates;
  }
}
