package io.fqtfleet.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.MqttLink.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

class BrokerLimitsTest {
  private static final int PAYLOAD_MAX = 16_384;

  private static List<String> warnings(BrokerLimits limits) {
    return limits.warnings(PAYLOAD_MAX, Settings.NEVER_EXPIRES);
  }

  @Test
  void aBrokerWithoutLimitsHasNoProblems() {
    BrokerLimits none = BrokerLimits.none(Settings.NEVER_EXPIRES);
    assertEquals(List.of(), none.refusals());
    assertEquals(List.of(), warnings(none));
    assertTrue(none.words().contains("session expiry never"), none.words());
  }

  @Test
  void whatMakesServiceImpossibleIsRefusedWithTheRemedy() {
    List<String> found = new BrokerLimits(10, 0, 0, false, false, 100).refusals();
    assertEquals(3, found.size(), found.toString());
    assertTrue(found.get(0).contains("QoS 0 at most") && found.get(0).contains("allow QoS 1"));
    assertTrue(found.get(1).contains("budgets are lost; enable"), found.get(1));
    assertTrue(found.get(2).contains("wildcards; enable"), found.get(2));
  }

  @Test
  void whatCostsMessagesInTheLongRunIsWarnedOf() {
    List<String> found = warnings(new BrokerLimits(10, 7_200, 1, true, true, PAYLOAD_MAX + 511));
    assertEquals(2, found.size(), found.toString());
    assertTrue(found.get(0).contains("for 7200 s only"), found.get(0));
    assertTrue(found.get(1).contains("uplink.payloadBytesMax = 16384"), found.get(1));
    assertEquals(
        List.of(),
        warnings(new BrokerLimits(10, Settings.NEVER_EXPIRES, 1, true, true, PAYLOAD_MAX + 512)));
  }
}
