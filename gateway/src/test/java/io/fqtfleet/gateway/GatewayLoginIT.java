package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.localstack.KafkaBroker;
import io.fqtfleet.localstack.KafkaLogin;
import io.fqtfleet.localstack.LocalCertificates;
import io.fqtfleet.localstack.LocalKafka;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Kafka with TLS and SASL, Mosquitto with passwords and the shipped access list. */
class GatewayLoginIT extends BrokersFixture {
  private static final Path ACCESS_LIST = Path.of("../deploy/config/mosquitto.acl");
  private static final String KAFKA_PASSWORD = "kafka-secret-81";
  private static final String MQTT_PASSWORD = "mqtt-secret-27";
  private static final String WRONG_PASSWORD = "wrong-secret-33";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private LocalCertificates authority;

  @BeforeAll
  static void needsMosquitto() {
    GatewayOnMosquittoIT.needsMosquitto();
  }

  @Override
  KafkaBroker kafka(Path directory) {
    authority = new LocalCertificates(directory.resolveSibling("certificates"));
    KafkaLogin login =
        new KafkaLogin(
            authority.ca(), authority.issue("kafka"), Map.of("fqt-gateway", KAFKA_PASSWORD));
    return LocalKafka.withLogin(directory, login);
  }

  @Override
  MqttBroker broker(Path directory) {
    return MosquittoBroker.withPasswords(
        directory,
        Map.of("fqt-gateway", MQTT_PASSWORD, "press-1", "of-press-1", "press-2", "of-press-2"),
        ACCESS_LIST.toAbsolutePath());
  }

  private Map<String, String> kafkaLogin(String mechanism, String password) {
    String module = mechanism.equals("PLAIN") ? "plain.Plain" : "scram.Scram";
    Map<String, String> s = new HashMap<>();
    s.put("security.protocol", "SASL_SSL");
    s.put("sasl.mechanism", mechanism);
    s.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security.%sLoginModule required username=\"fqt-gateway\" %s;"
            .formatted(module, "password=\"" + password + "\""));
    s.put("ssl.truststore.type", "PEM");
    s.put("ssl.truststore.location", authority.ca().toString());
    return s;
  }

  private GatewayConfig config(Map<String, String> kafkaClient, String mqttPassword) {
    GatewayConfig plain = config(Duration.ofSeconds(30));
    GatewayConfig.Mqtt m = plain.mqtt();
    GatewayConfig.Mqtt mqtt =
        new GatewayConfig.Mqtt(
            m.uri(),
            "fqt-gateway",
            mqttPassword,
            null,
            null,
            null,
            m.retryMin(),
            m.retryMax(),
            null);
    return new GatewayConfig(
        mqtt,
        new GatewayConfig.Kafka(kafka.bootstrapServers(), 4, null, null, kafkaClient),
        plain.uplink(),
        plain.downlink(),
        plain.keys(),
        plain.ops());
  }

  private MqttLink device(String id, String password) throws MqttLinkException {
    MqttLink link =
        new PahoMqttLink(
            new MqttLink.Settings(
                broker.uri(),
                id,
                new MqttLink.Login(id, password, null),
                true,
                0,
                16,
                TIMEOUT,
                TIMEOUT),
            new MqttLink.Listener() {
              @Override
              public void message(MqttLink.Inbound message) {}

              @Override
              public void lost(int reasonCode, String words) {}
            });
    link.connect();
    return link;
  }

  private static void report(MqttLink link, String device, long sequence) throws Exception {
    link.publishRetained(
            Topics.up(device, Uplink.REPORT),
            Messages.report(device, sequence),
            MessageProperties.NONE)
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void reportsGoThroughWithEitherMechanismAndUnderTheDevicesOwnNameOnly() throws Exception {
    for (String mechanism : List.of("PLAIN", "SCRAM-SHA-256")) {
      String device = mechanism.equals("PLAIN") ? "press-1" : "press-2";
      Map<String, String> login = kafkaLogin(mechanism, KAFKA_PASSWORD);
      try (MqttLink link = device(device, "of-" + device);
          Gateway gateway = gateway(config(login, MQTT_PASSWORD))) {
        report(link, device, 1);
        assertThrows(ExecutionException.class, () -> report(link, "press-3", 1), "not its name");
        try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS, login)) {
          assertEquals(0, tail.assertAllInOrder(device, 1, 1));
        }
        assertEquals(1, gateway.uplinkTotal().received());
      }
    }
    assertThrows(MqttLinkException.class, () -> device("press-1", "of-press-2"));
  }

  @Test
  void wrongPasswordsAreNamedAsTheCauseAndNoOutputShowsASecret() throws Exception {
    StringBuilder shown = new StringBuilder();
    try (LogCapture log = new LogCapture()) {
      GatewayConfig wrongKafka = config(kafkaLogin("PLAIN", WRONG_PASSWORD), MQTT_PASSWORD);
      shown.append(said(wrongKafka, "Authentication failed"));
      GatewayConfig noTrust = config(untrusting(), MQTT_PASSWORD);
      shown.append(said(noTrust, "SSL handshake failed"));
      GatewayConfig wrongMqtt = config(kafkaLogin("PLAIN", KAFKA_PASSWORD), WRONG_PASSWORD);
      shown.append(said(wrongMqtt, "fqt-gateway-up-"));
      shown.append(log.text());
      assertTrue(log.text().contains("ProducerConfig values"), "the libraries' lines are here");
    }
    for (String secret : List.of(KAFKA_PASSWORD, MQTT_PASSWORD, WRONG_PASSWORD, MASTER_KEY)) {
      assertFalse(
          shown.toString().contains(secret), () -> "shown: " + around(shown.toString(), secret));
    }
  }

  private Map<String, String> untrusting() {
    Map<String, String> login = kafkaLogin("PLAIN", KAFKA_PASSWORD);
    LocalCertificates strangers = new LocalCertificates(directory.resolve("strangers"));
    login.put("ssl.truststore.location", strangers.ca().toString());
    return login;
  }

  /** All that a gateway says that cannot work, after it has said the cause. */
  private static String said(GatewayConfig config, String cause) throws Exception {
    StringBuilder all = new StringBuilder();
    all.append(EffectiveConfig.of(config)).append(config);
    try (Gateway gateway = new Gateway(config)) {
      gateway.start();
      long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
      String causes = "";
      while (!causes.contains(cause)) {
        assertTrue(System.nanoTime() < deadline, "expected " + cause + ", got " + causes);
        Thread.sleep(50);
        causes = http(gateway, "/readyz");
      }
      all.append(causes).append(http(gateway, "/metrics")).append(http(gateway, "/healthz"));
    }
    return all.toString();
  }

  private static String http(Gateway gateway, String path) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + gateway.opsPort() + path);
    HttpURLConnection asked = (HttpURLConnection) uri.toURL().openConnection();
    try (var in = asked.getResponseCode() < 400 ? asked.getInputStream() : asked.getErrorStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String around(String text, String secret) {
    int at = text.indexOf(secret);
    return text.substring(Math.max(0, at - 200), Math.min(text.length(), at + 50));
  }
}
