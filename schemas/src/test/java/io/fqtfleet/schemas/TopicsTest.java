package io.fqtfleet.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.schemas.Topics.Uplink;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicsTest {
  /** CRC-32 of "123456789" is cbf43926, the check value of the CRC catalogue; modulo 64 is 38. */
  @Test
  void shardIsCrc32Modulo64() {
    assertEquals(0xcbf43926L % 64, Topics.shard("123456789"));
    assertEquals("fqt/v1/up/38/123456789/report", Topics.up("123456789", Uplink.REPORT));
    assertEquals("fqt/v1/down/38/123456789/budget", Topics.budget("123456789"));
  }

  @Test
  void everyUplinkTopicParsesBackAndMatchesItsShardFilter() {
    for (int i = 0; i < 500; i++) {
      String device = "press-" + i;
      for (Uplink kind : Uplink.values()) {
        String topic = Topics.up(device, kind);
        assertEquals(new Topics.UpTopic(device, kind), Topics.parseUp(topic));
        String filter = Topics.upFilter(Topics.shard(device));
        assertTrue(topic.startsWith(filter.substring(0, filter.length() - 1)), topic);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "fqt/v1/up/38/123456789/gossip, 'gossip'",
    "fqt/v1/up/37/123456789/report, belongs to shard 38",
    "fqt/v1/up/38/123456789, is not fqt/v1/up/",
    "fqt/v1/down/38/123456789/budget, is not fqt/v1/up/",
    "fqt/v1/up/38/bad id/report, device id 'bad id'",
  })
  void wrongTopicsNameTheRuleTheyBreak(String topic, String expected) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Topics.parseUp(topic)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void kafkaTopicsAreNamedOnceAndKeyedOnesAreCoPartitioned() {
    Set<String> names = new HashSet<>();
    for (Topics.Spec spec : Topics.kafka(6, 8)) {
      assertTrue(names.add(spec.name()), spec.name());
      assertTrue(spec.name().matches("fqt\\.[a-z-]+\\.v1"), spec.name());
    }
    assertEquals(15, names.size());
    Topics.kafka(6, 8).stream()
        .filter(s -> !Set.of(Topics.SESSIONS, Topics.POLICIES).contains(s.name()))
        .forEach(s -> assertEquals(6, s.partitions(), s.name()));
  }
}
