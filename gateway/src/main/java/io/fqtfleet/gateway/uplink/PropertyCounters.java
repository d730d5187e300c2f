package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.ops.Metric;
import io.fqtfleet.gateway.ops.Scrape;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Accounts for MQTT 5 properties of received messages. Safe for many threads. */
final class PropertyCounters {
  private final LongAdder leftOut = new LongAdder();
  private final LongAdder expiring = new LongAdder();
  private final LongAdder expired = new LongAdder();

  void came(int propertiesLeftOut, long expirySeconds) {
    leftOut.add(propertiesLeftOut);
    if (expirySeconds != MessageProperties.NO_EXPIRY) {
      expiring.increment();
      if (expirySeconds == 0) {
        expired.increment();
      }
    }
  }

  long leftOut() {
    return leftOut.sum();
  }

  long expiring() {
    return expiring.sum();
  }

  long expired() {
    return expired.sum();
  }

  void write(Scrape scrape) {
    scrape.add(Metric.PROPERTIES_LEFT_OUT, Map.of(), leftOut());
    scrape.add(Metric.EXPIRING, Map.of(), expiring());
    scrape.add(Metric.EXPIRED, Map.of(), expired());
  }
}
