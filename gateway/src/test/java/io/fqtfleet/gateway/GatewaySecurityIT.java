package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.gateway.mqtt.MqttLink;
import io.fqtfleet.gateway.mqtt.MqttLinkException;
import io.fqtfleet.gateway.mqtt.PahoMqttLink;
import io.fqtfleet.gateway.mqtt.TlsFiles;
import io.fqtfleet.localstack.LocalCertificates;
import io.fqtfleet.localstack.MosquittoBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Mutual TLS at Mosquitto with the shipped access list: who may say and hear what. */
class GatewaySecurityIT extends BrokersFixture {
  private static final Path ACCESS_LIST = Path.of("../deploy/config/mosquitto.acl");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private LocalCertificates authority;

  @BeforeAll
  static void needsMosquitto() {
    GatewayOnMosquittoIT.needsMosquitto();
  }

  @Override
  MqttBroker broker(Path directory) {
    authority = new LocalCertificates(directory.resolveSibling("certificates"));
    return MosquittoBroker.withCertificates(
        directory, authority.ca(), authority.issue("broker"), ACCESS_LIST.toAbsolutePath());
  }

  private String uri() {
    return "ssl://127.0.0.1:" + broker.port();
  }

  private Gateway secured() throws InterruptedException {
    LocalCertificates.Holder own = authority.issue("fqt-gateway");
    GatewayConfig plain = config(Duration.ofSeconds(30));
    GatewayConfig.Tls tls =
        new GatewayConfig.Tls(
            authority.ca().toString(), own.certificate().toString(), own.key().toString(), true);
    GatewayConfig.Mqtt mqtt =
        new GatewayConfig.Mqtt(
            uri(),
            null,
            null,
            tls,
            null,
            null,
            plain.mqtt().retryMin(),
            plain.mqtt().retryMax(),
            null);
    return gateway(
        new GatewayConfig(
            mqtt, plain.kafka(), plain.uplink(), plain.downlink(), plain.keys(), plain.ops()));
  }

  /** A device's connection; what it hears goes to the queue. */
  private final class Device implements MqttLink.Listener, AutoCloseable {
    final BlockingQueue<MqttLink.Inbound> heard = new LinkedBlockingQueue<>();
    final MqttLink link;

    Device(String id, TlsFiles tls) throws MqttLinkException {
      MqttLink.Login login = new MqttLink.Login(null, null, tls);
      link =
          new PahoMqttLink(
              new MqttLink.Settings(uri(), id, login, true, 0, 16, TIMEOUT, TIMEOUT), this);
      link.connect();
    }

    @Override
    public void message(MqttLink.Inbound message) {
      heard.add(message);
    }

    @Override
    public void lost(int reasonCode, String words) {}

    @Override
    public void close() {
      link.close();
    }
  }

  private Device device(String id) throws MqttLinkException {
    LocalCertificates.Holder own = authority.issue(id);
    return new Device(id, new TlsFiles(authority.ca(), own.certificate(), own.key(), true));
  }

  private void writeBudget(String device) {
    Map<String, Object> settings = Map.of("bootstrap.servers", kafka.bootstrapServers());
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(Topics.BUDGETS, device, Messages.budget(device, 1)));
    }
  }

  @Test
  void aDeviceSpeaksUnderItsOwnIdAndHearsItsOwnBudgetOnly() throws Exception {
    Gateway gateway = secured();
    try (Device one = device("press-1");
        Device two = device("press-2")) {
      one.link.subscribe(List.of(Topics.budget("press-1")));
      two.link.subscribe(List.of("fqt/v1/down/#"));
      one.link
          .publishRetained(
              Topics.up("press-1", Uplink.REPORT),
              Messages.report("press-1", 1),
              MessageProperties.NONE)
          .get(10, TimeUnit.SECONDS);
      var forged =
          two.link.publishRetained(
              Topics.up("press-1", Uplink.REPORT),
              Messages.report("press-1", 2),
              MessageProperties.NONE);
      assertThrows(ExecutionException.class, () -> forged.get(10, TimeUnit.SECONDS));
      writeBudget("press-1");
      MqttLink.Inbound budget = one.heard.poll(20, TimeUnit.SECONDS);
      assertEquals(Topics.budget("press-1"), budget.topic());
      assertNull(two.heard.poll(500, TimeUnit.MILLISECONDS), "another device's budget was heard");
    }
    try (KafkaTail tail = new KafkaTail(kafka.bootstrapServers(), Topics.REPORTS)) {
      assertEquals(0, tail.assertAllInOrder("press-", 1, 1));
    }
    assertEquals(1, gateway.uplinkTotal().received());
  }

  @Test
  void strangersAreTurnedAway() throws Exception {
    LocalCertificates strangers = new LocalCertificates(directory.resolve("strangers"));
    LocalCertificates.Holder stranger = strangers.issue("press-1");
    assertThrows(
        MqttLinkException.class,
        () -> new Device("press-1", new TlsFiles(authority.ca(), null, null, true)),
        "without a certificate");
    assertThrows(
        MqttLinkException.class,
        () ->
            new Device(
                "press-1",
                new TlsFiles(authority.ca(), stranger.certificate(), stranger.key(), true)),
        "with a certificate of another authority");
    MqttLinkException notOurBroker =
        assertThrows(
            MqttLinkException.class,
            () ->
                new Device(
                    "press-1",
                    new TlsFiles(strangers.ca(), stranger.certificate(), stranger.key(), true)));
    assertTrue(notOurBroker.getMessage().contains("cert"), notOurBroker.getMessage());
  }
}
