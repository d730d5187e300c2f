package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.gateway.GatewayConfig;
import io.fqtfleet.gateway.downlink.Downlink;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceKeyFileTest {
  private static final String MASTER = "0a".repeat(32);

  @TempDir Path directory;

  private Path file(String text) throws Exception {
    return Files.writeString(directory.resolve("keys.yaml"), text);
  }

  /** As the gateway reads it at its start. */
  private static void assertTheGatewayTakes(Path file) {
    GatewayConfig plain = GatewayConfig.of("tcp://localhost:1", "localhost:2", MASTER);
    Downlink.checkKeys(
        new GatewayConfig(
            plain.mqtt(),
            plain.kafka(),
            plain.uplink(),
            plain.downlink(),
            new GatewayConfig.Keys(null, null, file.toString()),
            plain.ops()));
  }

  @Test
  void aNewFileIsTheOwnersAloneAndTheGatewayTakesIt() throws Exception {
    Path file = directory.resolve("keys.yaml");
    SecureRandom random = new SecureRandom();
    String one = DeviceKeyFile.read(file).give("0012", 1, random);
    String two = DeviceKeyFile.read(file).give("1e3", 1, random);
    assertNotEquals(one, two);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertTheGatewayTakes(file);
    assertTrue(Files.readString(file).contains("0012"), "an id stays as it is");
    assertTrue(DeviceKeyFile.read(file).remove("0012"));
    assertFalse(DeviceKeyFile.read(file).remove("0012"));
    assertFalse(DeviceKeyFile.read(file).remove("1e3"), "an empty file would stop the gateway");
    assertTheGatewayTakes(file);
  }

  @Test
  void whatElseIsInTheFileStays() throws Exception {
    Path file = file("# hall 2\nmasterKeys: {1: \"" + MASTER + "\"}\nkeyId: 1\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    DeviceKeyFile.read(file).give("a", 7, new SecureRandom());
    assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    String text = Files.readString(file);
    assertTrue(text.startsWith("# hall 2\n"), text);
    assertTrue(text.contains(MASTER) && text.contains("\"7:"), text);
    assertTheGatewayTakes(file);
    assertTrue(DeviceKeyFile.read(file).remove("a"));
    assertTheGatewayTakes(file);
    try (var left = Files.list(directory)) {
      assertEquals(List.of(file), left.toList(), "no copy of the keys is left behind");
    }
  }

  @Test
  void numbersGoRoundWithoutZeroAndNothingIsOverwritten() throws Exception {
    assertEquals(1, DeviceKeyFile.next(0));
    assertEquals(255, DeviceKeyFile.next(254));
    assertEquals(1, DeviceKeyFile.next(255));
    Path there = file("- a list\n");
    var e = assertThrows(IllegalArgumentException.class, () -> DeviceKeyFile.read(there));
    assertTrue(e.getMessage().contains("holds no mapping"), e.getMessage());
    assertThrows(UncheckedIOException.class, () -> DeviceKeyFile.writeKey(there, 1, "00"));
    Path broken = file("devices: {a: \"1:" + MASTER + "\"");
    var secret = assertThrows(IllegalArgumentException.class, () -> DeviceKeyFile.read(broken));
    assertFalse(secret.getMessage().contains(MASTER), "no key is shown");
  }
}
