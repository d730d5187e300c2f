package io.fqtfleet.sim.fleet;

import io.fqtfleet.schemas.DeviceKeys;
import io.fqtfleet.sim.link.MqttAccess;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * Where a fleet runs.
 *
 * @param broker MQTT, 3.1.1 or later
 * @param masterKey of which each device's key is derived, 32 bytes or more; the gateway has the
 *     same
 * @param keyId 0..255
 * @param workDirectory for factory weights and what QEMU devices store
 * @param image firmware for QEMU devices, an ELF file; null if the scenario has none
 * @param workers threads that turn devices, 1..64
 * @param access how devices get into the broker
 */
public record FleetSetup(
    InetSocketAddress broker,
    byte[] masterKey,
    int keyId,
    Path workDirectory,
    Path image,
    int workers,
    MqttAccess access) {
  /** A broker without TLS and login. */
  public FleetSetup(
      InetSocketAddress broker,
      byte[] masterKey,
      int keyId,
      Path workDirectory,
      Path image,
      int workers) {
    this(broker, masterKey, keyId, workDirectory, image, workers, MqttAccess.OPEN);
  }

  public FleetSetup {
    new Checks()
        .that(
            masterKey.length >= DeviceKeys.MASTER_KEY_BYTES,
            "a master key of %d bytes is too short; %d bytes or more are needed",
            masterKey.length,
            DeviceKeys.MASTER_KEY_BYTES)
        .range("keyId", keyId, 0, 255)
        .range("workers", workers, 1, 64)
        .done();
    masterKey = masterKey.clone();
  }

  /** Key of a device, as the gateway derives it. */
  public byte[] key(String device) {
    return DeviceKeys.derive(masterKey, device, keyId);
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "FleetSetup[broker=%s, keyId=%d, workDirectory=%s, image=%s, workers=%d]"
        .formatted(broker, keyId, workDirectory, image, workers);
  }
}
