package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LocalMqttBroker;
import io.fqtfleet.localstack.MqttBroker;
import io.fqtfleet.schemas.AckOutcome;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.RefusalReason;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.Topics.Uplink;
import io.fqtfleet.schemas.WireException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** The README's "Exchanging the signing keys", with devices that judge as the firmware does. */
class KeyRotationIT extends BrokersFixture {
  private static final Map<Integer, String> MASTERS =
      Map.of(1, "0a".repeat(32), 2, "0b".repeat(32));

  private Path keyFile;

  @Override
  MqttBroker broker(Path directory) {
    return new LocalMqttBroker(directory);
  }

  /** Judges as {@code firmware/app/agent_budget.c} does: one key, one key id; MQTT 3.1.1. */
  private final class Device implements AutoCloseable {
    private final String id;
    private final int keyId;
    private final byte[] key;
    private final WireClient client;

    Device(String id, int keyId) throws IOException {
      this.id = id;
      this.keyId = keyId;
      this.key = DeviceKeys.derive(HexFormat.of().parseHex(MASTERS.get(keyId)), id, keyId);
      this.client = new WireClient(broker.port(), id, WireClient.V3_1_1);
      client.subscribe(Topics.budget(id));
    }

    /** Hears one budget and answers it; the version, or 0 if it was refused. */
    long obey() throws IOException {
      WireClient.Heard heard = client.next();
      byte[] payload = heard.payload();
      int signedWith = payload[payload.length - 33] & 0xFF;
      long version = 0;
      RefusalReason refusal = RefusalReason.NONE;
      if (signedWith != keyId) {
        refusal = RefusalReason.UNKNOWN_KEY;
      } else {
        try {
          byte[] body = BudgetSignature.verify(heard.topic(), payload, key).body();
          version = Messages.BUDGETS.decode(body).getVersion();
        } catch (WireException e) {
          refusal = RefusalReason.BAD_SIGNATURE;
        }
      }
      AckOutcome outcome = refusal == RefusalReason.NONE ? AckOutcome.APPLIED : AckOutcome.REFUSED;
      byte[] ack = Messages.ack(id, version, outcome, refusal);
      client.publish(Topics.up(id, Uplink.ACK), ack, new byte[0]);
      return version;
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  private void keys(int preferred, int... ids) throws IOException {
    StringBuilder text = new StringBuilder("masterKeys:\n");
    for (int id : ids) {
      text.append("  %d: \"%s\"\n".formatted(id, MASTERS.get(id)));
    }
    Path next = directory.resolve("next.yaml");
    Files.writeString(next, text + "keyId: " + preferred + "\n");
    Files.move(next, keyFile, StandardCopyOption.REPLACE_EXISTING);
    // The gateway looks once a second.
    try {
      Thread.sleep(1_500);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void budget(String device, long version) {
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", kafka.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(Topics.BUDGETS, device, Messages.budget(device, version)));
    }
  }

  private Gateway gatewayWithKeyFile() throws InterruptedException {
    GatewayConfig plain = config(Duration.ofSeconds(30));
    return gateway(
        new GatewayConfig(
            plain.mqtt(),
            plain.kafka(),
            plain.uplink(),
            plain.downlink(),
            new GatewayConfig.Keys(null, null, keyFile.toString()),
            plain.ops()));
  }

  @Test
  void aForgedBudgetIsReplacedByTheTrueOne() throws Exception {
    keyFile = directory.resolve("keys.yaml");
    keys(1, 1, 2);
    gatewayWithKeyFile();
    budget("victim", 7);
    try (Device victim = new Device("victim", 1);
        WireClient forger = new WireClient(broker.port(), "forger", WireClient.V5)) {
      assertEquals(7, victim.obey());
      String topic = Topics.budget("victim");
      byte[] forged = BudgetSignature.sign(topic, Messages.budget("victim", 99), 1, new byte[32]);
      forger.publish(topic.getBytes(StandardCharsets.US_ASCII), forged, new byte[0], true);
      assertEquals(0, victim.obey(), "the forged one");
      assertEquals(7, victim.obey(), "the true one again");
    }
    try (Device again = new Device("victim", 1)) {
      assertEquals(7, again.obey(), "and it is what the broker retains");
    }
  }

  @Test
  void keysAreExchangedWhileTheGatewayRunsAndNoDeviceIsLost() throws Exception {
    keyFile = directory.resolve("keys.yaml");
    keys(1, 1);
    Gateway gateway = gatewayWithKeyFile();
    budget("first", 1);
    budget("second", 1);
    try (Device first = new Device("first", 1);
        Device second = new Device("second", 1)) {
      assertEquals(1, first.obey());
      assertEquals(1, second.obey());
    }
    keys(1, 1, 2);
    // The first is provisioned anew; its retained budget is still signed with the old key.
    try (Device first = new Device("first", 2)) {
      assertEquals(0, first.obey(), "the retained one");
      assertEquals(1, first.obey(), "signed again with the new key");
      budget("first", 2);
      assertEquals(2, first.obey(), "and so is the next one");
      keys(2, 1, 2);
      try (Device second = new Device("second", 1)) {
        assertEquals(1, second.obey(), "retained");
        budget("second", 2);
        assertEquals(0, second.obey(), "the new key is preferred now");
        assertEquals(2, second.obey(), "but this device still has the old one");
      }
    }
    // Retained is what the device took.
    try (Device second = new Device("second", 1)) {
      assertEquals(2, second.obey());
    }
    assertEquals(2, gateway.downlinkTotal().signedAgain());
    assertTrue(gateway.downlinkTotal().deadLetteredByReason().isEmpty());
    assertTrue(gateway.uplinkTotal().balanced());
  }
}
