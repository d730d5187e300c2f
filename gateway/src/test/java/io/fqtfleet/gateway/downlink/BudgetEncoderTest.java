package io.fqtfleet.gateway.downlink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.Messages;
import io.fqtfleet.gateway.contract.DeadLetter.Reason;
import io.fqtfleet.gateway.contract.PropertyHeaders.FromKafka;
import io.fqtfleet.gateway.downlink.BudgetEncoder.Publication;
import io.fqtfleet.gateway.downlink.BudgetEncoder.UndeliverableException;
import io.fqtfleet.gateway.mqtt.MessageProperties;
import io.fqtfleet.schemas.BudgetSignature;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetEncoderTest {
  private static final String MASTER = "0f".repeat(32);
  private static final byte[] MASTER_BYTES = HexFormat.of().parseHex(MASTER);

  @TempDir Path directory;
  private final Map<String, Long> schemas = new HashMap<>();
  private final BudgetEncoder encoder = encoder(new GatewayConfig.Keys(MASTER, 3, null));

  private BudgetEncoder encoder(GatewayConfig.Keys keys) {
    return new BudgetEncoder(
        BudgetKeys.from(keys),
        device ->
            schemas.containsKey(device)
                ? OptionalLong.of(schemas.get(device))
                : OptionalLong.empty());
  }

  private static Publication encode(BudgetEncoder encoder, String device, byte[] value)
      throws UndeliverableException {
    return encoder.encode(device, value, new FromKafka(MessageProperties.NONE, 0, false));
  }

  @Test
  void aBudgetIsSignedWithTheDevicesOwnKeyForItsOwnTopic() throws Exception {
    byte[] budget = Messages.budget("press-1", 4);
    Publication p = encode(encoder, "press-1", budget);
    assertEquals(Topics.budget("press-1"), p.topic());
    byte[] key = DeviceKeys.derive(MASTER_BYTES, "press-1", 3);
    BudgetSignature.Signed signed = BudgetSignature.verify(p.topic(), p.payload(), key);
    assertEquals(3, signed.keyId());
    assertArrayEquals(budget, signed.body());
    byte[] other = DeviceKeys.derive(MASTER_BYTES, "press-2", 3);
    assertThrows(WireException.class, () -> BudgetSignature.verify(p.topic(), p.payload(), other));
  }

  @Test
  void aDeletedBudgetDeletesTheRetainedMessage() throws Exception {
    Publication p = encode(encoder, "press-1", null);
    assertEquals(Topics.budget("press-1"), p.topic());
    assertEquals(0, p.payload().length);
  }

  @Test
  void theSchemaThatTheDeviceReadsDecides() throws Exception {
    schemas.put("press-1", Messages.BUDGETS.fingerprint());
    encode(encoder, "press-1", Messages.budget("press-1", 1));
    schemas.put("press-1", 99L);
    assertUndeliverable("UNKNOWN_SCHEMA", "press-1", Messages.budget("press-1", 1));
  }

  @Test
  void whatCannotBeDeliveredSaysWhy() {
    byte[] budget = Messages.budget("press-1", 1);
    assertUndeliverable("BAD_KEY", null, budget);
    assertUndeliverable("BAD_KEY", "a/b", budget);
    assertUndeliverable("WRONG_DEVICE", "press-2", budget);
    assertUndeliverable("NOT_SINGLE_OBJECT", "press-1", new byte[] {1});
    assertUndeliverable("TRUNCATED", "press-1", Arrays.copyOf(budget, budget.length - 1));
    assertUndeliverable("UNKNOWN_SCHEMA", "press-1", Messages.ack("press-1"));
  }

  private void assertUndeliverable(String code, String device, byte[] value) {
    UndeliverableException e =
        assertThrows(UndeliverableException.class, () -> encode(encoder, device, value));
    assertEquals(code, e.reason().name(), e.getMessage());
  }

  @Test
  void aKeyFileGoesBeforeTheMasterKeyAndAloneCoversOnlyItsDevices() throws Exception {
    Path file = directory.resolve("keys.yaml");
    String own = "ab".repeat(32);
    Files.writeString(file, "devices:\n  press-1: \"9:" + own + "\"\n");
    BudgetEncoder alone = encoder(new GatewayConfig.Keys(null, null, file.toString()));
    Publication p = encode(alone, "press-1", Messages.budget("press-1", 1));
    assertEquals(
        9, BudgetSignature.verify(p.topic(), p.payload(), HexFormat.of().parseHex(own)).keyId());
    UndeliverableException none =
        assertThrows(
            UndeliverableException.class,
            () -> encode(alone, "press-2", Messages.budget("press-2", 1)));
    assertEquals(Reason.NO_KEY, none.reason());
    BudgetEncoder both = encoder(new GatewayConfig.Keys(MASTER, 3, file.toString()));
    Publication q = encode(both, "press-2", Messages.budget("press-2", 1));
    byte[] derived = DeviceKeys.derive(MASTER_BYTES, "press-2", 3);
    assertEquals(3, BudgetSignature.verify(q.topic(), q.payload(), derived).keyId());
  }

  @Test
  void allProblemsOfAKeyFileAreNamedAndNoKeyIsShown() throws Exception {
    Path file = directory.resolve("keys.yaml");
    Files.writeString(file, "devices:\n  a b: \"1:" + "cd".repeat(32) + "\"\n  c: \"1:cdcd\"\n");
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () -> encoder(new GatewayConfig.Keys(null, null, file.toString())));
    assertTrue(refused.getMessage().contains("'a b'"), refused.getMessage());
    assertTrue(refused.getMessage().contains("devices.c"), refused.getMessage());
    assertTrue(!refused.getMessage().contains("cdcd"), refused.getMessage());
  }
}
