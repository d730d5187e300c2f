package io.fqtfleet.streams.topology;

import io.fqtfleet.schemas.Attribute;
import io.fqtfleet.schemas.DeviceStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** What a device is, as sorted {@code name=value}: what devices of several cohorts may share. */
final class DeviceAttributes {
  private DeviceAttributes() {}

  /** Firmware and board count as attributes; one of the same name that the device gives wins. */
  static List<String> of(DeviceStatus status) {
    List<String> built = List.of("board=" + status.getBoard(), "firmware=" + status.getFirmware());
    return merge(built, of(status.getAttributes()));
  }

  static List<String> of(List<Attribute> attributes) {
    return attributes.stream().map(a -> a.getName() + "=" + a.getValue()).sorted().toList();
  }

  /** The second list wins by name. */
  static List<String> merge(List<String> first, List<String> second) {
    TreeMap<String, String> byName = new TreeMap<>();
    for (List<String> list : List.of(first, second)) {
      for (String attribute : list) {
        byName.put(attribute.substring(0, attribute.indexOf('=')), attribute);
      }
    }
    return new ArrayList<>(byName.values());
  }
}
