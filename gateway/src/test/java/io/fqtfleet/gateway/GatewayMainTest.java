package io.fqtfleet.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fqtfleet.localstack.LoopbackPorts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exit codes and words of the command line. */
class GatewayMainTest {
  private static final String SECRET = "5e".repeat(32);

  @TempDir Path directory;

  private final PrintStream out = System.out;
  private final PrintStream err = System.err;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @BeforeEach
  void listen() {
    PrintStream both = new PrintStream(said, true, StandardCharsets.UTF_8);
    System.setOut(both);
    System.setErr(both);
  }

  @AfterEach
  void listenNoMore() {
    System.setOut(out);
    System.setErr(err);
  }

  private int run(String... args) throws InterruptedException {
    said.reset();
    return GatewayMain.run(List.of(args));
  }

  private void assertSaid(String part) {
    String all = said.toString(StandardCharsets.UTF_8);
    assertTrue(all.contains(part), () -> part + " not in: " + all);
    assertFalse(all.contains(SECRET), all);
  }

  private Path file(String mqtt, String kafka) throws IOException {
    Path file = directory.resolve("gateway.yaml");
    Files.writeString(
        file,
        """
        mqtt: {uri: "tcp://127.0.0.1:%s", timeout: 1s}
        kafka: {bootstrapServers: "127.0.0.1:%s"}
        keys: {masterKey: "%s"}
        """
            .formatted(mqtt, kafka, SECRET));
    return file;
  }

  @Test
  void aWrongCommandLineIsCodeTwoWithTheUsage() throws Exception {
    for (String[] wrong :
        List.of(
            new String[] {},
            new String[] {"a.yaml", "--chek-config"},
            new String[] {"drain"},
            new String[] {"drain", "a.yaml", "--sessions"})) {
      assertEquals(2, run(wrong));
      assertSaid("usage: gateway CONFIG.yaml [--check-config]");
      assertSaid("gateway drain CONFIG.yaml [--sessions N]");
    }
  }

  @Test
  void aWrongConfigurationIsCodeTwoWithTheCause() throws Exception {
    assertEquals(2, run(directory.resolve("none.yaml").toString(), "--check-config"));
    assertSaid("there is no such file");
    assertEquals(2, run(file("0", "1").toString(), "--check-config"));
    assertSaid("tcp://127.0.0.1:0");
    for (String sessions : List.of("0", "65", "many")) {
      assertEquals(2, run("drain", file("1", "1").toString(), "--sessions", sessions));
      assertSaid("--sessions " + sessions + " is not a number of 1..64");
    }
  }

  @Test
  void brokersThatAreNotThereAreCodeThreeAndTheConfigurationIsShownMasked() throws Exception {
    String free = Integer.toString(LoopbackPorts.free());
    assertEquals(3, run(file(free, free).toString(), "--check-config"));
    assertSaid("keys.masterKey: ********");
    assertSaid("uplink.sessions: 8");
    assertSaid("away  kafka 127.0.0.1:" + free);
    assertSaid("away  mqtt tcp://127.0.0.1:" + free);
  }
}
