package io.fqtfleet.gateway.downlink;

import java.util.LinkedHashMap;
import java.util.OptionalLong;

/**
 * The last budget of each device that the broker acknowledged a short while ago. A broker that dies
 * forgets what it has not yet saved, retained messages too: after a connection has ended these
 * budgets are published once more. Used under the lane's lock.
 */
final class RecentDeliveries {
  /** About 100 bytes each; beyond it the oldest are taken for saved. */
  static final int DEVICES_MAX = 100_000;

  private record Delivery(long offset, long atNanos) {}

  private final long keptNanos;

  /** The one acknowledged last is the last. */
  private final LinkedHashMap<String, Delivery> deliveries = new LinkedHashMap<>();

  /**
   * @param keptNanos how long a broker may take to save what it has acknowledged
   */
  RecentDeliveries(long keptNanos) {
    this.keptNanos = keptNanos;
  }

  void delivered(String device, long offset, long nowNanos) {
    deliveries.remove(device);
    deliveries.put(device, new Delivery(offset, nowNanos));
    forget(nowNanos);
    if (deliveries.size() > DEVICES_MAX) {
      deliveries.remove(deliveries.keySet().iterator().next());
    }
  }

  private void forget(long nowNanos) {
    var oldest = deliveries.values().iterator();
    while (oldest.hasNext() && nowNanos - oldest.next().atNanos > keptNanos) {
      oldest.remove();
    }
  }

  /** Where reading must begin to meet them all again; empty if there are none. */
  OptionalLong firstOffset(long nowNanos) {
    forget(nowNanos);
    return deliveries.values().stream().mapToLong(Delivery::offset).min();
  }

  /** True if this is the record that was delivered last for its device. */
  boolean holds(String device, long offset) {
    Delivery last = deliveries.get(device);
    return last != null && last.offset == offset;
  }

  void clear() {
    deliveries.clear();
  }
}
