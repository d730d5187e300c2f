package io.fqtfleet.gateway.downlink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.schemas.ConfigException;
import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.schemas.DeviceRegistration;
import io.fqtfleet.schemas.RegistryState;
import io.fqtfleet.schemas.Topics;
import io.fqtfleet.schemas.WireCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BudgetKeysTest {
  private static final String OLD = "0a".repeat(32);
  private static final String NEW = "0b".repeat(32);
  private static final String OWN = "0c".repeat(32);

  @TempDir Path directory;

  private Path file(String text) throws IOException {
    Path file = directory.resolve("keys.yaml");
    Files.writeString(file, text);
    return file;
  }

  private BudgetKeys both(int preferred) throws IOException {
    String text = "masterKeys: {1: \"%s\", 2: \"%s\"}\nkeyId: %d\n";
    return keys(file(text.formatted(OLD, NEW, preferred)));
  }

  private static BudgetKeys keys(Path file) {
    return BudgetKeys.from(new GatewayConfig.Keys(null, null, file.toString()));
  }

  private static int id(BudgetKeys keys, String device) {
    return keys.of(device).orElseThrow().id();
  }

  @Test
  void aDeviceGetsThePreferredKeyUntilItRefusesIt() throws Exception {
    BudgetKeys keys = both(1);
    assertEquals(1, id(keys, "a"));
    assertTrue(keys.refused("a"));
    assertEquals(2, id(keys, "a"));
    assertArrayEquals(
        DeviceKeys.derive(HexFormat.of().parseHex(NEW), "a", 2),
        keys.of("a").orElseThrow().bytes());
    assertEquals(1, id(keys, "b"), "another device");
    keys.accepted("a");
    assertEquals(2, id(keys, "a"), "what it took is remembered");
    assertTrue(keys.refused("a"), "it was provisioned with the other one again");
    assertEquals(1, id(keys, "a"));
    assertEquals(Map.of(1, 3L, 2, 3L), keys.snapshot().signedByKeyId());
  }

  private static ConsumerRecord<String, byte[]> registered(DeviceRegistration registration) {
    byte[] value =
        registration == null ? null : WireCodec.of(DeviceRegistration.class).encode(registration);
    return new ConsumerRecord<>(Topics.DEVICES, 0, 0, "a", value);
  }

  @Test
  void theRegistryRevokesKeys() throws Exception {
    DeviceRegistry registry = new DeviceRegistry(null);
    String text = "masterKeys: {1: \"%s\"}\ndevices: {a: \"2:%s\"}\n".formatted(OLD, OWN);
    BudgetKeys keys =
        BudgetKeys.from(new GatewayConfig.Keys(null, null, file(text).toString()), registry);
    assertEquals(2, id(keys, "a"));
    assertTrue(keys.refused("a"));
    assertEquals(1, id(keys, "a"), "it may hold either");
    registry.put(registered(DeviceRegistration.newBuilder().setKeyId(2).build()));
    assertEquals(2, id(keys, "a"), "the one of the board that was replaced counts no more");
    assertFalse(keys.refused("a"), "there is no other");
    registry.put(
        registered(
            DeviceRegistration.newBuilder().setKeyId(2).setState(RegistryState.RETIRED).build()));
    assertTrue(keys.of("a").isEmpty());
    assertFalse(keys.refused("a"));
    assertEquals(1, id(keys, "b"), "another device");
    registry.put(new ConsumerRecord<>(Topics.DEVICES, 0, 0, "a", new byte[] {1}));
    assertTrue(keys.of("a").isEmpty(), "what cannot be read changes nothing");
    registry.put(registered(null));
    assertTrue(keys.of("a").isPresent());
  }

  @Test
  void aDeviceThatRefusesAllKeysIsLeftAloneUntilItHearsABudgetAgain() throws Exception {
    BudgetKeys keys = both(2);
    assertTrue(keys.refused("a"));
    assertFalse(keys.refused("a"), "no third key");
    assertEquals(1, keys.snapshot().exhausted());
    assertTrue(keys.refused("a"), "a new round");
    assertFalse(keys.refused("a"));
    assertEquals(4, keys.snapshot().refusals());
  }

  @Test
  void aWrongTagIsAnsweredWithTheSameKeyFirst() throws Exception {
    BudgetKeys keys = both(1);
    assertTrue(keys.refusedTag("a"));
    assertEquals(1, id(keys, "a"), "somebody else wrote that budget");
    keys.accepted("a");
    assertTrue(keys.refusedTag("a"));
    assertTrue(keys.refusedTag("a"));
    assertEquals(2, id(keys, "a"), "it holds another key under this number");
    assertFalse(keys.refusedTag("a"), "none is left");
  }

  @Test
  void aRefusalThatComesTwiceLeadsBackToTheRightKey() throws Exception {
    BudgetKeys keys = both(1);
    assertTrue(keys.refused("a"));
    assertFalse(keys.refused("a"), "the duplicate");
    assertEquals(2, id(keys, "a"), "the key that is on its way to the device stays");
  }

  @Test
  void ofADeviceThatNoKeyIsKnownForNothingIsRemembered() throws Exception {
    BudgetKeys keys = keys(file("devices: {a: \"1:%s\"}\n".formatted(OWN)));
    assertTrue(keys.of("b").isEmpty());
    assertFalse(keys.refused("b"));
    assertFalse(keys.refused("a"), "its only key");
    assertEquals(1, id(keys, "a"));
  }

  @Test
  void aDevicesOwnKeysComeFirstAndShadowAMasterKeyOfTheirId() throws Exception {
    String text = "masterKeys: {1: \"%s\", 2: \"%s\"}\ndevices: {a: \"7:%s, 2:%s\"}\n";
    BudgetKeys keys = keys(file(text.formatted(OLD, NEW, OWN, OWN)));
    assertEquals(7, id(keys, "a"));
    assertTrue(keys.refused("a"));
    assertArrayEquals(HexFormat.of().parseHex(OWN), keys.of("a").orElseThrow().bytes());
    assertEquals(2, id(keys, "a"));
    assertTrue(keys.refused("a"));
    assertEquals(1, id(keys, "a"));
    assertFalse(keys.refused("a"));
  }

  @Test
  void theFileIsReadAgainWhenItChangesAndAWrongOneChangesNothing() throws Exception {
    BudgetKeys keys = keys(file("masterKeys: {1: \"%s\"}\n".formatted(OLD)));
    assertEquals(1, id(keys, "a"));
    both(2);
    awaitId(keys, 2);
    assertFalse(keys.snapshot().fileStale());
    file("masterKeys: {2: \"short\"}\nkeyId: 2\n");
    awaitStale(keys, true);
    assertEquals(2, id(keys, "a"));
    Files.delete(directory.resolve("keys.yaml"));
    Thread.sleep(1_100);
    assertEquals(2, id(keys, "a"));
    both(1);
    awaitStale(keys, false);
    assertEquals(1, id(keys, "a"));
  }

  private static void awaitId(BudgetKeys keys, int expected) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (id(keys, "a") != expected) {
      assertTrue(System.nanoTime() < deadline, "the file was not read again");
      Thread.sleep(20);
    }
  }

  private static void awaitStale(BudgetKeys keys, boolean expected) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (keys.snapshot().fileStale() != expected) {
      assertTrue(System.nanoTime() < deadline, "stale: " + !expected);
      Thread.sleep(20);
    }
  }

  @Test
  void anIdStandsForOneKey() throws Exception {
    Path file = file("masterKeys: {1: \"%s\"}\n".formatted(NEW));
    GatewayConfig.Keys clash = new GatewayConfig.Keys(OLD, 1, file.toString());
    String said =
        assertThrows(IllegalStateException.class, () -> BudgetKeys.from(clash)).getMessage();
    assertTrue(said.contains("a new key needs a new id"), said);
    assertFalse(said.contains(NEW) || said.contains(OLD), said);
  }

  @Test
  void everyFaultOfAFileIsNamedAndNoKeyIsShown() throws Exception {
    assertRefused("masterKeys: {300: \"%s\"}".formatted(NEW), "masterKeys.300");
    assertRefused("masterKeys: {1: \"%s\"}".formatted("0b".repeat(31)), "masterKeys.1");
    assertRefused("masterKeys: {1: \"%s\"}\nkeyId: 2".formatted(NEW), "keyId: 2 is none");
    assertRefused("devices: {a: \"1:%s,1:%s\"}".formatted(NEW, NEW), "devices.a");
    assertRefused("devices: {a: \"256:%s\"}".formatted(NEW), "devices.a");
    assertRefused("{}", "devices: is missing");
    assertRefused("devices: {a: \"1:%s\", a: \"1:%s\"}".formatted(NEW, NEW), "uplicate");
    assertRefused("masterKeys: {1: \"%s}".formatted(NEW), "keys.yaml");
    assertRefused("masterKeys: {1: [\"%s\"]}".formatted(NEW), "masterKeys.1");
    assertRefused("masterKeys: \"%s\"".formatted(NEW), "masterKeys");
  }

  private void assertRefused(String text, String expected) throws IOException {
    Path file = file(text);
    String said = assertThrows(ConfigException.class, () -> keys(file)).getMessage();
    assertTrue(said.contains(expected), said);
    assertFalse(said.contains("0b0b"), "a key is shown: " + said);
  }
}
