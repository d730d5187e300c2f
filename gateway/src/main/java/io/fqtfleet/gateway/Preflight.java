package io.fqtfleet.gateway;

import io.fqtfleet.gateway.downlink.Downlink;
import io.fqtfleet.gateway.kafka.KafkaClients;
import io.fqtfleet.gateway.kafka.KafkaTopics;
import io.fqtfleet.gateway.kafka.SessionChange;
import io.fqtfleet.gateway.mqtt.BrokerLimits;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.Topics;
import java.io.PrintStream;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/**
 * Tells what would go wrong if a gateway started with these settings; changes nothing at either
 * broker. One line per finding: {@code ok}, {@code note}, {@code away} (not reachable) or {@code
 * FAIL} (a person must change something).
 */
final class Preflight {
  /** What the findings amount to; a higher one hides a lower one. */
  enum Verdict {
    FINE,
    UNREACHABLE,
    WRONG
  }

  private final GatewayConfig config;
  private final MqttLink.Factory links;
  private final PrintStream out;
  private Verdict verdict = Verdict.FINE;

  Preflight(GatewayConfig config, MqttLink.Factory links, PrintStream out) {
    this.config = config;
    this.links = links;
    this.out = out;
  }

  Verdict run() throws InterruptedException {
    keys();
    kafka();
    mqtt();
    return verdict;
  }

  private void keys() {
    try {
      Downlink.checkKeys(config);
      say("ok", "keys", "device keys can be made");
    } catch (ConfigException e) {
      say("FAIL", "keys", e.getMessage());
    }
  }

  private void kafka() throws InterruptedException {
    KafkaClients clients = new KafkaClients(config);
    String who = "kafka " + clients.bootstrapServers();
    try (Admin admin = clients.admin()) {
      KafkaTopics.Survey survey = KafkaTopics.survey(admin, specs());
      say("ok", who, "%d brokers".formatted(survey.brokers()));
      if (!survey.missing().isEmpty()) {
        say("note", who, "topics that the gateway will create: " + survey.missing());
      }
      survey.oddities().forEach(oddity -> say("note", who, oddity));
      SessionChange.refuseUnfinished(admin, config.uplink().group());
      KafkaTopics.checkSessions(admin, config.uplink().sessions());
      say("ok", who, "sessions: " + config.uplink().sessions());
    } catch (KafkaTopics.MismatchException e) {
      say("FAIL", who, e.getMessage());
    } catch (KafkaException e) {
      say("away", who, e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private List<Topics.Spec> specs() {
    return Topics.kafka(config.kafka().partitions(), config.uplink().sessions());
  }

  private void mqtt() {
    GatewayConfig.Mqtt mqtt = config.mqtt();
    String who = "mqtt " + mqtt.uri();
    String id =
        "fqt-gateway-check-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    try {
      BrokerLimits limits = limits(id, MqttLink.Settings.NEVER_EXPIRES);
      say("ok", who, limits.words());
      limits.refusals().forEach(refusal -> say("FAIL", who, refusal));
      limits
          .warnings(config.uplink().payloadBytesMax(), MqttLink.Settings.NEVER_EXPIRES)
          .forEach(warning -> say("note", who, warning));
      // Leaves nothing behind: a session of this name that ends with its connection.
      limits(id, 0);
    } catch (MqttLinkException e) {
      say("away", who, e.getMessage());
    }
  }

  private BrokerLimits limits(String id, long expirySeconds) throws MqttLinkException {
    GatewayConfig.Mqtt mqtt = config.mqtt();
    MqttLink.Settings settings =
        new MqttLink.Settings(
            mqtt.uri(),
            id,
            mqtt.login(),
            true,
            expirySeconds,
            config.uplink().window(),
            mqtt.keepAlive(),
            mqtt.timeout());
    try (MqttLink link = links.open(settings, new Silent())) {
      return link.connect().limits();
    }
  }

  private void say(String level, String who, String words) {
    out.printf("%-4s  %s: %s%n", level, who, words);
    Verdict found =
        switch (level) {
          case "FAIL" -> Verdict.WRONG;
          case "away" -> Verdict.UNREACHABLE;
          default -> Verdict.FINE;
        };
    verdict = found.compareTo(verdict) > 0 ? found : verdict;
  }

  /** Nothing is subscribed, and the end of the connection is ours. */
  private static final class Silent implements MqttLink.Listener {
    @Override
    public void message(MqttLink.Inbound message) {
      throw new IllegalStateException("nothing is subscribed, but came: " + message.topic());
    }

    @Override
    public void lost(int reasonCode, String words) {
      // connect() tells it.
    }
  }
}
