package io.fqtfleet.gateway.uplink;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.ops.MetricsText;
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

  void write(MetricsText text) {
    text.counter(
        "fqt_gateway_properties_left_out_total",
        "MQTT 5 properties beyond the limits; their messages went on without them",
        Map.of(),
        leftOut());
    text.counter(
        "fqt_gateway_expiring_total",
        "Messages with an expiry interval: brokers drop such ones unseen when it ends",
        Map.of(),
        expiring());
    text.counter(
        "fqt_gateway_expired_total",
        "Messages that came when their expiry interval had ended; they went on all the same",
        Map.of(),
        expired());
  }
}
