package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.link.QemuDevice.Firmware;
import io.fqtfleet.sim.link.QemuDevice.Version;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How QEMU is called. That images run is tested with the fleet. */
class QemuDeviceTest {
  @Test
  void versionsOfDistributionsAreUnderstood() {
    assertEquals(
        new Version(7, 2),
        QemuDevice.parseVersion("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)"));
    assertEquals(new Version(10, 0), QemuDevice.parseVersion("QEMU emulator version 10.0.0"));
    assertTrue(
        assertThrows(IllegalStateException.class, () -> QemuDevice.parseVersion("none"))
            .getMessage()
            .contains("names no version"));
  }

  @Test
  void theReconnectOptionFollowsTheVersion() {
    assertFalse(new Version(9, 1).hasReconnectMs());
    assertTrue(new Version(9, 2).hasReconnectMs());
    assertTrue(new Version(10, 0).hasReconnectMs());
    assertTrue(
        command(new Version(7, 2))
            .contains("socket,id=u1,host=127.0.0.1,port=4711,reconnect=1,nodelay=on"));
    assertTrue(
        command(new Version(10, 0))
            .contains("socket,id=u0,host=127.0.0.1,port=1883,reconnect-ms=1000,nodelay=on"));
  }

  @Test
  void pagesStandAtTheirAddresses() {
    List<String> command = command(new Version(7, 2));
    assertTrue(
        command.contains("loader,file=d/provisioning.bin,addr=0x00080000,force-raw=on"),
        command.toString());
    assertTrue(command.contains("loader,file=d/model.bin,addr=0x00090000,force-raw=on"));
    assertTrue(command.contains("memory-backend-file,id=nv,size=16M,share=on,mem-path=d/nv.bin"));
    assertFalse(command.toString().contains("semihosting"), "no host files for a device");
  }

  @Test
  void aMissingImageIsNamedWithTheRemedy() {
    Path nowhere = Path.of("no-such.elf");
    String message =
        assertThrows(IllegalStateException.class, () -> QemuDevice.requireAvailable(nowhere))
            .getMessage();
    assertTrue(
        message.startsWith("qemu-system-arm is not installed: apt-get install qemu-system-arm")
            || message.startsWith("there is no firmware image no-such.elf: build it with 'make"),
        message);
  }

  private static List<String> command(Version version) {
    Firmware firmware = new Firmware(Path.of("x.elf"), Path.of("d"), null, 0x80000, null, 0x90000);
    return QemuDevice.command(firmware, new InetSocketAddress("127.0.0.1", 1883), 4711, version);
  }
}
