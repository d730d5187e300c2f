package io.fqtfleet.gateway.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.FakeLink;
import io.fqtfleet.gateway.ops.Metrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BrokerWatchTest {
  private final FakeLink.Maker links = new FakeLink.Maker();
  private final BrokerWatch watch =
      new BrokerWatch(
          new MqttLink.Settings(
              "tcp://nowhere:1",
              "another",
              MqttLink.Login.NONE,
              false,
              MqttLink.Settings.NEVER_EXPIRES,
              512,
              Duration.ofSeconds(1),
              Duration.ofSeconds(1)),
          links,
          BrokerWatch.patience(Duration.ofMillis(50)));

  private void say(FakeLink link, int id, String text) {
    link.deliver(BrokerWatch.DROPPED, List.of(text.getBytes(StandardCharsets.UTF_8)), id);
  }

  private String metrics() {
    try (Metrics metrics = new Metrics()) {
      metrics.tell(watch::writeMetrics);
      return metrics.text();
    }
  }

  @Test
  void whatTheBrokerSaysIsAMetricAndNonsenseIsNot() throws Exception {
    watch.start();
    FakeLink link = links.await(0);
    assertTrue(link.settings.cleanStart(), "it leaves no session behind");
    assertFalse(metrics().contains("dropped"), "a broker that says nothing has no metric");
    say(link, 1, "3");
    say(link, 2, "many");
    assertEquals(OptionalLong.of(3), watch.dropped());
    say(link, 3, "5\n");
    assertEquals(List.of(1, 2, 3), link.acked());
    assertTrue(metrics().contains("fqt_gateway_broker_dropped_messages 5.0\n"), metrics());
    link.listener.lost(MqttLink.NO_REASON_CODE, "gone");
    say(links.await(1), 1, "0");
    assertEquals(OptionalLong.of(0), watch.dropped(), "a restarted broker counts from zero");
    watch.close();
  }
}
