package io.fqtfleet.sim.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.sim.link.QemuDevice.Firmware;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** How Renode is called. That the image runs there is for {@code firmware/renode/device.robot}. */
class RenodeDeviceTest {
  private static final Path SCRIPTS = Path.of("../firmware/renode");

  private static List<String> command() {
    Firmware firmware = new Firmware(Path.of("x.elf"), Path.of("d"), null, 0x80000, null, 0x90000);
    return RenodeDevice.command("press-07", firmware, SCRIPTS, 25_000, 25_001);
  }

  @Test
  void theMonitorIsOnTheConsoleOnly() {
    assertEquals(
        List.of("renode", "--disable-xwt", "--console", "--plain"), command().subList(0, 4));
  }

  @Test
  void everyVariableOfTheScriptIsSetBeforeItIsIncluded() throws IOException {
    String script = Files.readString(SCRIPTS.resolve("device.resc"));
    List<String> command = command();
    Matcher variable = Pattern.compile("(?m)^(\\$[a-z_]+)\\?=").matcher(script);
    int seen = 0;
    while (variable.find()) {
      String name = variable.group(1);
      assertTrue(command.stream().anyMatch(word -> word.startsWith(name + "=")), name);
      seen++;
    }
    assertTrue(seen >= 9, "only " + seen + " variables found in device.resc");
    assertTrue(command.get(command.size() - 1).matches("include @.*/device\\.resc"));
  }

  @Test
  void theScriptsFilesAreThere() {
    for (String file : List.of("mps2_an386.repl", "stm32f4.repl", "device.resc", "device.robot")) {
      assertTrue(Files.isRegularFile(SCRIPTS.resolve(file)), file);
    }
  }
}
