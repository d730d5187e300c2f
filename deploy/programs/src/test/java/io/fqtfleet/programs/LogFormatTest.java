package io.fqtfleet.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the shipped logging configuration writes, in a process of its own. */
class LogFormatTest {
  /** Logs one line with what would break a line or a JSON string. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) {
      LoggerFactory.getLogger("io.fqtfleet.Tried")
          .warn("device={} said \"no\"\nand went", "a1", new IllegalStateException("cause"));
    }
  }

  private static List<String> log(String format) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 24) {
      // As deploy/fleet does: the JVM would warn of what log4j's queues use.
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.add("-Dlog4j2.configurationFile=src/main/resources/log4j2.xml");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Program.class.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("FQT_LOG");
    if (format != null) {
      builder.environment().put("FQT_LOG", format);
    }
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return out.lines().toList();
  }

  @Test
  void jsonIsOneObjectPerLine() throws Exception {
    List<String> lines = log("json");
    assertEquals(1, lines.size(), lines.toString());
    JsonNode event = new ObjectMapper().readTree(lines.get(0));
    assertEquals("WARN", event.get("log.level").asText());
    assertEquals("device=a1 said \"no\"\nand went", event.get("message").asText());
    assertEquals("io.fqtfleet.Tried", event.get("log.logger").asText());
    assertTrue(event.get("error.stack_trace").asText().contains("cause"), lines.get(0));
    assertTrue(Instant.parse(event.get("@timestamp").asText()).isAfter(Instant.EPOCH));
  }

  @Test
  void withoutTheOptionItIsText() throws Exception {
    List<String> lines = log(null);
    assertTrue(lines.get(0).contains(" WARN  Tried device=a1"), lines.toString());
  }
}
